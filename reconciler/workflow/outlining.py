"""Specs in, what they declare for a dialect out, as far as an earlier run has not found it to be in order already."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from reconciler import spec
from reconciler.dialects.base import Dialect, Target
from reconciler.errors import Problem, SpecError
from reconciler.frozen import frozen
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.spec.load import Documents
from reconciler.spec.outline import Outlines
from reconciler.spec.project import Project
from reconciler.workflow.declaring import declare


@frozen
class Declared:
    """What the specs declare for a dialect, in part: `outlines` knows the rest, None where this is all there is.

    `count` is the number of objects with those of the rest.
    """

    desired: Desired
    warnings: tuple[Problem, ...]
    looked: frozenset[Ref]
    count: int
    outlines: Outlines | None


@frozen
class Sources:
    """Where declarations come from: a project, its documents, which dialect they are for, the variables given."""

    project: Project
    documents: Documents
    dialect: Dialect
    target: Target
    given: Mapping[str, str]

    def declared(self, documents: Documents) -> tuple[Desired, tuple[Problem, ...]]:
        """Return what documents declare, with what they lose. Raises SpecError."""
        return declare(self.project, documents, self.dialect, self.target, self.given)

    def outlined(self) -> Outlines | None:
        """Return the documents in outline, None when only a whole lowering can tell."""
        return spec.outlined(
            self.documents,
            dialect=self.dialect.name,
            fallback=self.dialect.fallback,
            sql=self.project.sql,
            variables=spec.gathered(self.project.variables, os.environ, self.given),
            default_schema=self.target.schema or self.dialect.default_schema,
        )


def declared(sources: Sources, look: Callable[[Outlines, Collection[Ref]], frozenset[Ref]]) -> Declared:
    """Return what the specs declare, as far as it is not known to be in order. Raises SpecError with every problem.

    `look` chooses the roots, given those that are known to be in order; it is one of the ways that `Outlines` has.
    """
    outlines = sources.outlined()
    if outlines is None:
        return _whole(sources)
    sound = outlines.sound()
    looked = look(outlines, sound)
    try:
        desired, warnings = sources.declared(outlines.part(looked))
    except SpecError:
        return _whole(sources)  # what is wrong is told with hints from all that there is
    _note_sound(outlines, desired, warnings)
    rest = sum(count for root, count in sound.items() if root not in looked)
    return Declared(
        desired=desired, warnings=warnings, looked=looked, count=len(desired.model) + rest, outlines=outlines
    )  # fmt: skip


def _whole(sources: Sources) -> Declared:
    """Return all that the specs declare."""
    desired, warnings = sources.declared(sources.documents)
    _note_sound(sources.outlined(), desired, warnings)
    return Declared(desired=desired, warnings=warnings, looked=frozenset(), count=len(desired.model), outlines=None)


def _note_sound(outlines: Outlines | None, desired: Desired, warnings: Iterable[Problem]) -> None:
    if outlines is not None:
        doubtful = roots_of(warnings)
        counts = Counter(ref.top for ref in desired.model)
        outlines.found_sound({root: count for root, count in counts.items() if root not in doubtful})


def roots_of(problems: Iterable[Problem]) -> frozenset[Ref]:
    return frozenset(Ref.parse(problem.address).top for problem in problems if problem.address)
