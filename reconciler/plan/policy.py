"""What is allowed where: hazards, reviewed consent and allowances in; what refuses, and what would allow it, out."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import UsageError
from reconciler.model.ref import Ref
from reconciler.plan.hazards import HAZARDS, Effect, Hazard
from reconciler.plan.outcome import Consent
from reconciler.plan.scope import Undeclared


class Approve(StrEnum):
    """When apply asks a person."""

    NEVER = "never"
    RISKY = "risky"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Allowance:
    """Consent to a hazard code, everywhere or at one address; `*` is every code."""

    code: str
    ref: Ref | None = None

    def covers(self, hazard: Hazard) -> bool:
        """Say whether this consents to a hazard; one at a table covers everything inside it."""
        if self.code not in ("*", hazard.code):
            return False
        return self.ref is None or hazard.ref.inside(self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an environment permits."""

    allow: tuple[Allowance, ...] = ()
    undeclared: Undeclared = Undeclared.REPORT
    approve: Approve = Approve.ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
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
    if any(allowance.covers(hazard) for allowance in given):
        return "--allow"
    if first and hazard.kind.destructive:
        return ""
    if (hazard.code, hazard.ref) in reviewed:
        return "the specs"
    return "the policy" if any(allowance.covers(hazard) for allowance in policy.allow) else ""
