"""What is allowed where: hazards, reviewed consent and allowances in; what refuses, and what would allow it, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from enum import StrEnum

from reconciler.errors import UsageError
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.ref import Ref
from reconciler.plan.hazards import HAZARDS, Effect, Hazard
from reconciler.plan.outcome import Consent
from reconciler.plan.rules import SMALL_TABLE_ROWS
from reconciler.plan.scope import Bounds, Undeclared


class Approve(StrEnum):
    """When apply asks a person."""

    NEVER = "never"
    RISKY = "risky"
    ALWAYS = "always"


@frozen_in_order
class Allowance:
    """Consent to a hazard code, everywhere or at one address; `*` is every code."""

    code: str
    ref: Ref | None = None

    def covers(self, code: str, ref: Ref) -> bool:
        """Say whether this consents to a code at an address; one at a table covers everything inside it."""
        if self.code not in ("*", code):
            return False
        return self.ref is None or ref.inside(self.ref)


@frozen
class Policy:
    """What an environment permits.

    `ignored` are the addresses at which a difference is told and left, each with its reason. `only` are those beyond
    which this run changes nothing, if there are any. A table with fewer rows than `small_table_rows` may be read while
    others wait.
    """

    allow: tuple[Allowance, ...] = ()
    undeclared: Undeclared = Undeclared.REPORT
    approve: Approve = Approve.ALWAYS
    ignored: Mapping[Ref, str] = field(default_factory=dict)
    only: frozenset[Ref] = frozenset()
    small_table_rows: int = SMALL_TABLE_ROWS

    @property
    def bounds(self) -> Bounds:
        """Which differences count."""
        return Bounds(undeclared=self.undeclared, ignored=self.ignored, only=self.only)


@frozen
class Verdict:
    """`refused` stop the plan; `allow` are the words that would let those of them through that can be allowed.

    `consents` are the hazards that something allows.
    """

    refused: tuple[Hazard, ...]
    allow: tuple[str, ...]
    consents: tuple[Consent, ...] = ()


def parse_allowance(text: str) -> Allowance:
    """Read `CODE`, `CODE:ADDRESS` or `*`. Raises UsageError."""
    code, _, address = text.partition(":")
    if code != "*" and code not in HAZARDS:
        raise UsageError(f"--allow {text!r}: there is no hazard {code!r}", hint=f"known: {', '.join(sorted(HAZARDS))}")
    if not address:
        return Allowance(code)
    try:
        return Allowance(code, Ref.parse(address))
    except ValueError as error:
        raise UsageError(f"--allow {text!r}: {error}") from None


def decide(
    hazards: Sequence[Hazard],
    *,
    policy: Policy,
    given: Sequence[Allowance],
    reviewed: AbstractSet[tuple[str, Ref]],
    first: bool,
) -> Verdict:
    """Decide which hazards refuse the plan.

    Args:
        hazards: all of the plan's.
        policy: the environment's.
        given: the allowances of this command line.
        reviewed: codes at addresses to which the specs themselves consent (`removed:`, `renamed_from:`).
        first: nothing was ever applied here by this project; then only the command line consents to destruction.
    """
    found = [(hazard, _consent(hazard, policy, given, reviewed, first)) for hazard in hazards]
    refused = [hazard for hazard, by in found if not by and hazard.effect is not Effect.NOTICE]
    allow = sorted({f"{hazard.code}:{hazard.ref}" for hazard in refused if hazard.effect is Effect.CONSENT})
    consents = (Consent(code=hazard.code, address=str(hazard.ref), by=by) for hazard, by in found if by)
    return Verdict(refused=tuple(refused), allow=tuple(allow), consents=tuple(consents))


def _consent(
    hazard: Hazard, policy: Policy, given: Sequence[Allowance], reviewed: AbstractSet[tuple[str, Ref]], first: bool
) -> str:
    """Return what allows a hazard, "" when nothing does."""
    if hazard.effect is not Effect.CONSENT:
        return ""
    if any(allowance.covers(hazard.code, hazard.ref) for allowance in given):
        return "--allow"
    if first and hazard.kind.destructive:
        return ""
    if (hazard.code, hazard.ref) in reviewed:
        return "the specs"
    allowed = any(allowance.covers(hazard.code, hazard.ref) for allowance in policy.allow)
    return "the policy" if allowed else ""
