"""Decimals reckoned with as many digits as any database holds, so that none is lost; rounded only where it is said."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact

# PostgreSQL's numeric has 147,455 digits at most (manual, "Numeric Types"); Python rounds to 28 where nobody says more.
_DIGITS = 150_000
EXACT = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_ROUNDING = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)


def rounded(number: Decimal, places: int) -> Decimal:
    """Return a number with no more than so many digits behind the point."""
    beyond = -int(number.as_tuple().exponent) > places
    return number.quantize(Decimal(1).scaleb(-places), context=_ROUNDING) if beyond else number
