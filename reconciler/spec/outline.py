"""Heads of documents' shares in, who declares and names whom out, with marks for what may be known already.

No object is made. Whatever is out of the ordinary, a name that is taken twice, a variable where everybody looks, has no
outline: then all documents are lowered, and that tells what is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping

from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind, Ref
from reconciler.spec.cache import Shelf
from reconciler.spec.load import Document, Documents

# The kinds of document of which a project has thousands, and that nothing but references and names tie to each other.
# What all others say counts for each of these.
_MANY = frozenset({Kind.TABLE, Kind.VIEW})
_SOUND = "sound "
_NOTHING = "-"


@frozen_in_order
class Outline:
    """What a document declares: its root, the roots elsewhere that it names, the names that it takes.

    `settled` is false when it renames or removes something.
    """

    document: Document
    root: Ref
    needs: tuple[Ref, ...]
    names: tuple[str, ...]
    settled: bool


@frozen_in_order
class Outlines:
    """A set of documents in outline.

    `marks` has for each root that may be set aside a word that changes with everything that decides what is made of its
    document and what is wrong with it; all other documents are always looked at. `name` is what the marks are good for.
    """

    documents: Documents
    entries: Mapping[Ref, Outline]
    marks: Mapping[Ref, str]
    name: str

    def part(self, roots: Collection[Ref]) -> Documents:
        """Return the documents of these roots, and those that are always looked at."""
        aside = {id(self.entries[root].document) for root in self.marks if root not in roots}
        return self.documents.part(one for one in self.documents.documents if id(one) not in aside)

    def sound(self) -> Mapping[Ref, int]:
        """Return the roots whose documents were found to be in order in an earlier run, with the number of objects."""
        shelf = self.documents.shelf
        known = shelf.texts(_SOUND + self.name) if shelf else {}
        return {root: int(known[mark]) for root, mark in self.marks.items() if mark in known}

    def found_sound(self, counts: Mapping[Ref, int]) -> None:
        """Keep that the documents of these roots are in order, and how many objects the dialect makes of each."""
        shelf: Shelf | None = self.documents.shelf
        if shelf is not None:
            texts = {self.marks[root]: str(count) for root, count in counts.items() if root in self.marks}
            shelf.keep(_SOUND + self.name, texts, frozenset(self.marks.values()))

    def unsettled(self, sound: Collection[Ref]) -> frozenset[Ref]:
        """Return the roots to look at so that everything wrong is found; those that are known to be in order are given.

        Views can be in a circle only with each other.
        """
        return reached(self._open(sound) | self.staying(), self.needs)

    def surely_planned(self, sound: Collection[Ref]) -> frozenset[Ref]:
        """Return the same with all that refers to them: a plan looks at these whatever the database holds."""
        return touched(self._open(sound), self.entries, self.needs, self.staying())

    def _open(self, sound: Collection[Ref]) -> frozenset[Ref]:
        open_ = {root for root in self.entries if root not in sound}
        if any(root.kind == Kind.VIEW for root in open_):
            open_ |= {root for root in self.entries if root.kind == Kind.VIEW}
        return frozenset(open_)

    def staying(self) -> frozenset[Ref]:
        """Return one root of each schema, looked at whatever is known: what is in a schema declares it."""
        return frozenset({root.schema: root for root in self.entries if root.schema}.values())

    def needs(self, root: Ref) -> tuple[Ref, ...]:
        """Return the roots that the document of a root names."""
        return self.entries[root].needs if root in self.entries else ()


def outlines(documents: Documents, head: Callable[[Document], str | None], name: str) -> Outlines | None:
    """Return documents in outline, None when something is out of the ordinary.

    Args:
        documents: loaded specs.
        head: gives the head of a document's share; None when something is wrong with it.
        name: tells what decides a lowering beside the documents.
    """
    try:
        entries = _entries(documents, head)
    except (_Odd, ValueError, KeyError, TypeError, IndexError):
        return None
    general = [document.key for document in documents.documents if document.kind not in _MANY]
    if not all(general) or _taken_twice(entries.values()):
        return None
    base = hashlib.blake2b("\n".join((name, *sorted(general))).encode(), digest_size=16).hexdigest()
    marks = {root: mark for root, one in entries.items() if (mark := _mark(one, entries, base))}
    return Outlines(documents, entries, marks, name)


def reached(roots: Iterable[Ref], names: Callable[[Ref], Iterable[Ref]]) -> frozenset[Ref]:
    """Return roots with all that they name, and what that names."""
    found = set(roots)
    pending = list(found)
    while pending:
        more = [ref for ref in names(pending.pop()) if ref not in found]
        found.update(more)
        pending += more
    return frozenset(found)


def touched(
    open_: Iterable[Ref], roots: Iterable[Ref], names: Callable[[Ref], Iterable[Ref]], also: Iterable[Ref]
) -> frozenset[Ref]:
    """Return roots that may change with all that has to be looked at because of them, and what `also` names.

    What refers to a table that changes may have to be taken away meanwhile, and what reads a view, too; a table that
    refers to it by a key passes nothing on. All that any of these names has to be there to be looked up.

    Args:
        open_: what may change.
        roots: those that may refer to it.
        names: what a root names.
        also: what is looked at in any case.
    """
    found = set(open_)
    pending = [root for root in found if root.kind in _MANY]
    users: dict[Ref, list[Ref]] = {}
    for root in roots if pending else ():
        for other in names(root):
            users.setdefault(other, []).append(root)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending += [user] if user.kind == Kind.VIEW else []
    return reached(found.union(also), names)


class _Odd(Exception):
    """Something that has no outline."""


def _entries(documents: Documents, head: Callable[[Document], str | None]) -> dict[Ref, Outline]:
    found: dict[Ref, Outline] = {}
    for document in documents.documents:
        text = head(document)
        if text is None:
            raise _Odd
        outline = _outline(document, text) if text != _NOTHING else None
        if outline is not None and outline.root.parts and found.setdefault(outline.root, outline) is not outline:
            raise _Odd
    return found


def _outline(document: Document, text: str) -> Outline:
    (schema, *parts), rest = json.loads(text)
    return Outline(
        document=document, root=Ref(schema, tuple(parts)), needs=tuple(map(Ref.parse, rest.get("needs", ()))),
        names=tuple(rest.get("names", ())),
        settled="renames" not in rest and "removed" not in rest,
    )  # fmt: skip


def _taken_twice(entries: Collection[Outline]) -> bool:
    names = [(one.root.schema, name) for one in entries for name in one.names]
    return len(set(names)) < len(names)


def _mark(one: Outline, entries: Mapping[Ref, Outline], base: str) -> str:
    """Return the mark of a document, "" when it has none: it is of a kind that all look at, or says what is to change.

    What it names counts as a whole: of a table that a foreign key points to, the key and the columns matter.
    """
    needed = [entries[ref].document.key if ref in entries else "" for ref in one.needs]
    if one.root.kind not in _MANY or not one.settled or not all((one.document.key, *needed)):
        return ""
    text = "\n".join((base, one.document.key, *sorted(needed)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
