"""How often a property is tried: the number for every commit in, the number under the profile of this run out.

`pytest --hypothesis-profile=thorough` tries ten times as many.
"""

from __future__ import annotations

from hypothesis import settings

# Hypothesis' own number for a property that names none: what the others are measured by.
_USUAL = 100


def register() -> None:
    """Make both profiles known, and take the one for every commit; the command line may take the other one."""
    # Tests never assert times: what is slow is found by benchmarks.
    settings.register_profile("usual", deadline=None, max_examples=_USUAL)
    settings.register_profile("thorough", deadline=None, max_examples=10 * _USUAL)
    settings.load_profile("usual")


def examples(usual: int) -> int:
    """Return how many examples to try where so many are tried on every commit."""
    return usual * settings().max_examples // _USUAL
