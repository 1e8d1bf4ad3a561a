"""Problems of some specs in, those with the problems of all the other specs out: a person hears of all at once."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence

from reconciler.errors import Problem, SpecError
from reconciler.spec.load import Documents

# What may be wrong only because something else is, which is missing where that has been left out: what does not exist,
# keys of no table, and variables, of which the command line may know more.
_FOLLOWS = frozenset({"SPEC023", "SPEC030", "SPEC031", "SPEC032", "SPEC033", "SPEC043", "SPEC044", "SPEC070"})

Declare = Callable[[Documents], object]


def with_the_rest(problems: Sequence[Problem], documents: Documents, declare: Declare) -> list[Problem]:
    """Return problems, and those of the documents in which there is none of them.

    Args:
        problems: what is wrong.
        documents: what it was found in.
        declare: looks at a part of the documents, and raises SpecError.
    """
    starts: dict[str, list[int]] = {}
    for document in documents.documents:
        starts.setdefault(document.source.file, []).append(document.node.at[0])
    places = ((one.position.file, one.position.line) for one in problems if one.position)
    wrong = {(file, bisect(starts.get(file, ()), line)) for file, line in places}
    rest = [one for one in documents.documents if (one.source.file, one.number + 1) not in wrong]
    if not rest or len(rest) == len(documents.documents):
        return list(problems)
    return [*problems, *complaints(documents.part(rest), declare, whole=False)]


def complaints(documents: Documents, declare: Declare, *, whole: bool) -> list[Problem]:
    """Return what is wrong with documents; unless they are whole, without what may follow from what is missing."""
    try:
        declare(documents)
    except SpecError as error:
        return [problem for problem in error.problems() if whole or problem.code not in _FOLLOWS]
    return []
