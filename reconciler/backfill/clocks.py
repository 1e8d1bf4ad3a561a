"""Dates and times as databases and people write them in, one spelling of each out, in UTC; nothing is rounded."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from reconciler.backfill.exact import EXACT
from reconciler.backfill.invalid import Invalid

_MOMENT = re.compile(
    r"(?P<year>\d{4,7})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d\d(?::?\d\d)?)?(?P<bc> BC)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK = re.compile(r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,12}))?)?", re.ASCII)
_SPAN = re.compile(r"(?P<sign>-?)(?P<hour>\d{1,3}):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,12}))?")
_LONGEST = 838
# What PostgreSQL takes for a time of the day too (manual, "Date/Time Types").
_END_OF_DAY = "24:00:00"
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
# The calendar is the same again after so many years.
_CYCLE = 400
ENDLESS = frozenset({"infinity", "-infinity"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> str:
    """Return a date and time as `YYYY-MM-DD HH:MM:SS[.ffffff]`, in UTC; without a zone it is taken for UTC.

    Raises Invalid when it is none, and where its zone cannot be reckoned with (years that Python does not know).
    """
    said = text.strip()
    if said.lower() in ENDLESS:
        return said.lower()
    found = _MOMENT.fullmatch(said)
    if not found:
        raise Invalid("is no date and time; it is written as YYYY-MM-DD HH:MM:SS")
    day = _day(found)
    clock = _clock(found["hour"] or "00", found["minute"] or "00", found["second"] or "00", found["fraction"])
    ahead = _ahead(found["zone"])
    if not ahead:
        return f"{day} {clock}{' BC' if found['bc'] else ''}"
    if found["bc"]:
        raise Invalid("has a zone, which cannot be reckoned with so long ago")
    whole, _, fraction = clock.partition(".")
    try:
        moved = datetime.fromisoformat(f"{day} {whole}") - ahead
    except (ValueError, OverflowError):
        raise Invalid("has a zone, which cannot be reckoned with in that year") from None
    return f"{moved.isoformat(' ')}{'.' if fraction else ''}{fraction}"


def of_day(text: str) -> str:
    """Return a date as `YYYY-MM-DD`. Raises Invalid for anything else, and for a time of the day that is not 00:00."""
    if text.strip().lower() in ENDLESS:
        return text.strip().lower()
    day, _, rest = moment(text).partition(" ")
    clock, _, era = rest.partition(" ")
    if clock != "00:00:00":
        raise Invalid("is a time of a day, and the column holds dates")
    return f"{day} {era}".strip()


def of_clock(text: str) -> str:
    """Return a time of the day as `HH:MM:SS[.ffffff]`. Raises Invalid when it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise Invalid("is no time of the day; it is written as HH:MM:SS")
    if found[0] == _END_OF_DAY:
        return _END_OF_DAY
    return _clock(found["hour"], found["minute"], found["second"] or "00", found["fraction"])


def of_span(text: str) -> str:
    """Return a time of MySQL's, which may be negative and of many days (…/refman/9.7/en/time.html). Raises Invalid."""
    found = _SPAN.fullmatch(text.strip())
    if not found or int(found["hour"]) > _LONGEST:
        raise Invalid("is no time; it is written as HH:MM:SS")
    return (
        f"{found['sign']}{int(found['hour']):02}{_clock('00', found['minute'], found['second'], found['fraction'])[2:]}"
    )


def since_1970(seconds: Decimal) -> str:
    """Return the moment that is so many seconds after the beginning of 1970. Raises Invalid beyond the year 9999."""
    micros = seconds.scaleb(6, EXACT)
    if micros != micros.to_integral_value():
        raise Invalid("is more exact than a microsecond")
    try:
        return moment((_EPOCH + timedelta(microseconds=int(micros))).replace(tzinfo=None).isoformat(" "))
    except OverflowError:
        raise Invalid("is beyond the year 9999") from None


def places(text: str) -> int:
    """Return how many digits of a second a moment or a time of the day has."""
    return len(text.partition(" BC")[0].partition(".")[2])


def year(text: str) -> int:
    """Return the year of a moment or a date; the one before 1 is 0."""
    number = int(text.partition("-")[0])
    return 1 - number if text.endswith(" BC") else number


def _day(found: re.Match[str]) -> str:
    number = int(found["year"])
    try:
        date(number % _CYCLE + 2000, int(found["month"]), int(found["day"]))
    except ValueError:
        raise Invalid("is a day that there is not") from None
    return f"{number:04}-{found['month']}-{found['day']}"


def _clock(hour: str, minute: str, second: str, fraction: str | None) -> str:
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise Invalid("is a time of the day that there is not")
    digits = (fraction or "").rstrip("0")
    if len(digits) > 6:
        raise Invalid("is more exact than a microsecond")
    return f"{hour}:{minute}:{second}{'.' if digits else ''}{digits}"


def _ahead(zone: str | None) -> timedelta:
    found = _ZONE.fullmatch(zone or "")
    if not found:
        return timedelta()
    sign = -1 if found[1] == "-" else 1
    return sign * timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
