"""A live model and globs over addresses in, the roots that are meant with what they rest on out; it asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.errors import UsageError
from reconciler.model.fields import referring
from reconciler.model.model import Model
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref

Resolve = Callable[[Sequence[Object], Model], Sequence[Object]]


def selected(live: Model, select: Sequence[str], exclude: Sequence[str], resolve: Resolve) -> Model:
    """Return the part of a live model that is meant.

    A table that a foreign key of a selected one points to, a type of a column, what a view reads: all of that comes
    along, for without it the specs would not hold together. What is excluded does not, whatever rests on it.

    Args:
        live: the whole model.
        select: globs over the addresses of tables, views …: `table.order*`; none is everything.
        exclude: globs over what is left out.
        resolve: fills in what an object's texts name.

    Raises:
        UsageError: when a glob fits nothing, which is a slip more often than not.
    """
    if not select and not exclude:
        return live
    tops = sorted({ref.top for ref in live})
    for glob in (*select, *exclude):
        if not any(_fits(ref, [glob]) for ref in tops):
            raise UsageError(f"no object of the database fits {glob!r}", hint="globs are over addresses: table.order*")
    out = {ref for ref in tops if _fits(ref, exclude)}
    wanted = {ref for ref in tops if not select or _fits(ref, select)} - out
    if select:
        wanted = _with_needs(live.updated(resolve(list(live.values()), live)), wanted, out)
    return live.only(lambda ref: ref.top in wanted)


def schemas_meant(schemas: Iterable[str], select: Iterable[str]) -> tuple[str, ...]:
    """Return those schemas that a glob names in an address of something inside: `table.billing.*`, not `table.*`."""
    insides = {where for glob in select for where in _befores(glob.partition(".")[2])}
    words = {name: str(Ref.root(Kind.SCHEMA, name)).partition(".")[2] for name in schemas}
    return tuple(name for name, word in words.items() if any(fnmatchcase(word, where) for where in insides))


def _befores(text: str) -> Iterator[str]:
    """Yield what stands before each full stop of a text: quoted names may hold some."""
    return (text[:at] for at, letter in enumerate(text) if letter == ".")


def _fits(ref: Ref, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(str(ref), glob) for glob in globs)


def _with_needs(live: Model, wanted: set[Ref], out: set[Ref]) -> set[Ref]:
    """Return these roots with those that they rest on, directly or by way of others."""
    found, pending = set(wanted), list(wanted)
    while pending:
        for obj in live.subtree(pending.pop()):
            for top in {ref.top for ref in _named(obj)} - found - out:
                if top in live:
                    found.add(top)
                    pending.append(top)
    return found


def _named(obj: Object) -> Iterator[Ref]:
    for name, how in referring(type(obj)):
        yield from how.read(obj, getattr(obj, name))
    if obj.ref.home is not None:
        yield obj.ref.home
