"""A declared model in, the views in it that use each other in a circle out; who knows what a view uses is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.model.objects import Object, View
from reconciler.model.ref import Ref
from reconciler.spec.fragments import words

Resolve = Callable[[Sequence[Object], Model], Sequence[Object]]
_Graph = Mapping[Ref, Iterable[Ref]]


def circles(model: Model, resolve: Resolve) -> list[tuple[Ref, ...]]:
    """Return each circle of views, the one whose address comes first leading it.

    Args:
        model: in a dialect's normal form.
        resolve: gives objects with what their texts mention.
    """
    views = [obj for obj in model.values() if isinstance(obj, View)]
    # Words are cheap to read; what they make look like a circle is looked at again.
    if not _circular(_mentioned(views)):
        return []
    resolved = [obj for obj in resolve(views, model) if isinstance(obj, View)]
    among = {view.ref for view in views}
    return _circular({view.ref: view.uses & among for view in resolved})


def problem(circle: Sequence[Ref]) -> Problem:
    """Return what is to be said about a circle, at the address of its first view."""
    path = " → ".join(map(str, (*circle, circle[0])))
    return Problem(
        code="SPEC046", message=f"views use each other: {path}", address=str(circle[0]),
        hint="let one of them read the tables themselves",
    )  # fmt: skip


def _mentioned(views: Sequence[View]) -> _Graph:
    named: dict[str, list[Ref]] = {}
    for view in views:
        named.setdefault(view.ref.name.lower(), []).append(view.ref)
    found: dict[Ref, list[Ref]] = {}
    for view in views:
        said = {word.lower() for word in words(view.query.text)}
        found[view.ref] = [ref for word in sorted(said & named.keys()) for ref in named[word] if ref != view.ref]
    return found


def _circular(graph: _Graph) -> list[tuple[Ref, ...]]:
    found: list[tuple[Ref, ...]] = []
    left = {ref: set(used) for ref, used in sorted(graph.items())}
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            # graphlib gives the path with its first node again at the end, each used by the one after it.
            path = tuple(reversed(error.args[1][1:]))
            first = path.index(min(path))
            found.append(path[first:] + path[:first])
            left.pop(found[-1][0])
        else:
            return found
