"""Specs, the model that they declare and another one in, the files that declare the other out; nothing is written.

Each document is edited where it differs, so that what people wrote around it stays. What comes out is read again: where
it would not declare what was meant, the document is written anew with its comments, and at last there is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from reconciler.errors import Problem, SpecError
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object, Schema
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.spec.concrete import concrete
from reconciler.spec.describe_programs import trigger_entry
from reconciler.spec.describe_roots import DOCUMENTS, described
from reconciler.spec.emit import document
from reconciler.spec.load import Document, Documents, load_text
from reconciler.spec.names import join_name
from reconciler.spec.nodes import plain
from reconciler.spec.paths import file_names
from reconciler.spec.remarks import remarked
from reconciler.spec.shape import arranged, shape
from reconciler.spec.splice import Cut, Unfit, applied, composed, edits, end_of, line_end
from reconciler.spec.urls import CHAINS

Entries = dict[str, Any]
# Documents in, what they declare out; raises SpecError.
Lower = Callable[[Documents], Desired]
# Which of these roots two models do not have in common.
Unlike = Callable[[Model, Model, AbstractSet[Ref]], AbstractSet[Ref]]


@frozen_in_order
class FileChange:
    """A spec file with another text; `before` is None for a new file, `after` for one that goes."""

    path: Path
    before: str | None
    after: str | None


@frozen
class Specs:
    """Specs as they are: the documents, what they declare for a dialect as written, each file's path, and the folder
    of new files.
    """

    documents: Documents
    found: Desired
    files: Mapping[str, Path]
    base: Path
    dialect: str
    at: Mapping[Ref, Document] = field(default_factory=dict)

    @property
    def chain(self) -> tuple[str, ...]:
        """The dialect words whose keys apply, nearest first."""
        return CHAINS[self.dialect]


def placed(specs: Specs) -> Specs:
    """Return specs that know the document of each root, and of each trigger that has one of its own."""
    by_name = {one.source.position(one.name.at): one for one in specs.documents.documents}
    own = ((obj, by_name.get(specs.found.positions[ref, ""])) for ref, obj in specs.found.model.items()
           if obj.kind in DOCUMENTS or obj.kind == Kind.TRIGGER)  # fmt: skip
    at = {obj.ref: place for obj, place in own if place is not None and place.kind == obj.kind}
    removals = ((ref, by_name.get(specs.found.positions[ref, ""])) for ref in specs.found.removed)
    at |= {ref: place for ref, place in removals if place is not None and place.kind == "removed"}
    return replace(specs, at=at)


def amended(specs: Specs, wanted: Model, roots: AbstractSet[Ref], lower: Lower, unlike: Unlike) -> list[FileChange]:
    """Return the files that have to change so that the specs declare another model.

    Args:
        specs: what is there, `placed`.
        wanted: the whole model as it is to be declared.
        roots: which of the roots may differ; the others are left as they are.
        lower: reads documents again.
        unlike: compares what they declare with what is wanted.

    New documents are as we write them; where nothing was declared before there is nothing to be proven.

    Raises:
        SpecError: when the specs cannot be edited so that they declare it.
    """
    coarse: frozenset[Ref] = frozenset()
    while True:
        changes = _changes(specs, wanted, roots, coarse)
        wrong, problems = _read_again(specs, changes, wanted, roots, lower, unlike)
        wrong = wrong & specs.at.keys()
        if not wrong and not problems:
            return changes
        if coarse or not (again := frozenset(wrong or roots) & specs.at.keys()):
            raise SpecError(problems or [_unsaid(specs, ref) for ref in sorted(wrong)])
        coarse = again


def _unsaid(specs: Specs, ref: Ref) -> Problem:
    hint = "edit it by hand: what it says for several dialects, or in words of its own, is not guessed at"
    problem = Problem(code="SPEC019", message=f"{ref} cannot be edited to say what the database says", hint=hint,
                      address=str(ref))  # fmt: skip
    position = specs.found.position(ref)
    return problem.at(position, specs.at[ref].source.line(position.line)) if position and ref in specs.at else problem


def _read_again(
    specs: Specs, changes: Sequence[FileChange], wanted: Model, roots: AbstractSet[Ref], lower: Lower, unlike: Unlike
) -> tuple[AbstractSet[Ref], Sequence[Problem]]:
    """Return the roots that the changed files would declare otherwise than wanted, or what is wrong with them."""
    if not specs.documents.documents:
        return frozenset(), ()
    changed = {change.path: change.after for change in changes}
    kept = [one for one in specs.documents.documents if specs.files[one.source.file] not in changed]
    try:
        new = [one for path, text in changed.items() if text for one in load_text(text, str(path)).documents]
        found = lower(Documents((*kept, *new)))
    except SpecError as error:
        return frozenset(), error.problems()
    return unlike(found.model, wanted, roots), ()


def _changes(specs: Specs, wanted: Model, roots: AbstractSet[Ref], coarse: AbstractSet[Ref]) -> list[FileChange]:
    cuts: dict[str, list[Cut]] = {}
    new: dict[Ref, str] = {}
    for ref in _units(specs, wanted, roots):
        if ref in specs.at:
            source = specs.at[ref].source
            found = _cuts(specs, ref, source.text.replace("\r\n", "\n"), wanted, ref in coarse)
            cuts.setdefault(source.file, []).extend(found)
        if ref in wanted and (ref not in specs.at or specs.at[ref].kind == "removed"):
            new[ref] = document(arranged(_said(specs, wanted, ref), shape(ref.kind)))
    texts = {one.source.file: one.source.text for one in specs.documents.documents}
    return [
        *(_changed(specs.files[file], texts[file], found) for file, found in cuts.items()),
        *_created(specs.base, new),
    ]


def _units(specs: Specs, wanted: Model, roots: AbstractSet[Ref]) -> Iterable[Ref]:
    """Yield what has a document, or is to have one, and is not to be declared as it is."""
    model, removed = specs.found.model, specs.found.removed
    own = {ref for ref in specs.at if ref.kind == Kind.TRIGGER}
    tops = {ref for ref in {*model, *wanted, *removed} if ref.parent is None}
    for ref in sorted(own | tops):
        if ref.top not in roots or _silent(wanted.get(ref) or model.get(ref)):
            continue
        again = any(one in wanted and one.inside(ref) for one in removed)
        if again or _said(specs, model, ref) != _said(specs, wanted, ref):
            yield ref


def _silent(obj: Object | None) -> bool:
    """Say whether nothing is written for an object: a schema of which there is no more to say."""
    return obj is None or obj == Schema(ref=obj.ref)


def _said(specs: Specs, model: Model, ref: Ref) -> Entries:
    """Return the entries that we would write for a document, {} where there is none."""
    obj, family = model.get(ref), specs.chain[-1]
    if obj is None:
        return {}
    if isinstance(obj, Trigger):
        name = join_name(ref.schema, ref.top.name)
        return {"trigger": ref.name, str(ref.top.kind): name} | trigger_entry(obj, family)
    apart = {one for one in specs.at if one.kind == Kind.TRIGGER and one.parent == ref}
    return described(Model(one for one in model.subtree(ref) if one.ref not in apart), obj, family=family)


# --- one document -----------------------------------------------------------------------------------------------------


def _cuts(specs: Specs, ref: Ref, text: str, wanted: Model, whole: bool) -> list[Cut]:
    """Return the edits of a document; `whole` writes it anew."""
    place = specs.at[ref]
    node, after = composed(text)[place.number], _said(specs, wanted, ref)
    if not after or place.kind == "removed":
        return [(*_extent(text, node), "")]
    before = _said(specs, specs.found.model, ref)
    before |= _removals(place, ref, lambda one: True)
    after |= _removals(place, ref, lambda one: one not in wanted)
    before, after = arranged(before, shape(place.kind)), arranged(after, shape(place.kind))
    if not whole:
        with suppress(Unfit):
            return edits(text, node, before, after, shape(place.kind), specs.chain)
    return [_anew(text, node, place, before, after)]


def _removals(place: Document, ref: Ref, keep: Callable[[Ref], bool]) -> Entries:
    """Return what a table's document removes by name, as far as it is kept."""
    node = place.fields.get("removed")
    named = node.value if node is not None else {}
    left = {key: plain(held) for key, held in named.items() if keep(_named(ref, key))}
    return {"removed": left} if left else {}


def _named(table: Ref, key: str) -> Ref:
    if key == Kind.PRIMARY_KEY:
        return table.child(Kind.PRIMARY_KEY)
    read = Ref.parse(key)
    return table.child(read.kind, read.name)


def _extent(text: str, node: Any) -> tuple[int, int]:
    """Return where a document begins and ends, with the line that divides it from another one."""
    lines = [0, *(at + 1 for at in range(len(text)) if text[at] == "\n")]
    marks = [at for at in lines if text.startswith("---", at)]
    start = max((at for at in marks if at <= node.start_mark.index), default=0)
    end = min((at for at in marks if at >= end_of(text, node)), default=len(text))
    first = not text.startswith("---", start)
    return start, line_end(text, end) if first and end < len(text) else end


def _anew(text: str, node: Any, place: Document, before: Entries, after: Entries) -> Cut:
    """Return a document written anew, with its comments and with what it alone knows of the whole object."""
    start, end = node.start_mark.index, line_end(text, end_of(text, node))
    if any(word in _words(node) for word in ("dialect", "only")) or text[:start].endswith("--- "):
        raise SpecError([place.source.problem(
            "SPEC019", "this cannot be edited: it says more than one dialect's part", place.name.at,
            hint="edit it by hand",
        )])  # fmt: skip
    own = {key: plain(held) for key, held in place.fields.items() if key not in before and key not in after}
    value = arranged({**after, **own}, shape(place.kind))
    return start, end, document(remarked(concrete(text[start:end]).documents[0], value))


def _words(node: Any) -> Iterable[str]:
    """Yield every key of a document."""
    for one in node.value if isinstance(node.value, list) else ():
        if isinstance(one, tuple):
            yield one[0].value
        yield from _words(one[1] if isinstance(one, tuple) else one)


# --- files ------------------------------------------------------------------------------------------------------------


def _changed(path: Path, before: str, cuts: Sequence[Cut]) -> FileChange:
    """Return a file with its edits; one of which nothing is left goes."""
    after = applied(before.replace("\r\n", "\n"), cuts)
    if not any(line and not line.startswith(("#", "---")) for line in after.split("\n")):
        return FileChange(path, before, None)
    return FileChange(path, before, after.replace("\n", "\r\n") if "\r\n" in before else after)


def _created(base: Path, texts: Mapping[Ref, str]) -> Iterable[FileChange]:
    taken = [PurePosixPath(path.relative_to(base).as_posix()) for path in base.rglob("*") if path.is_file()]
    return [FileChange(base / name, None, texts[ref]) for ref, name in file_names(texts, taken).items()]


def save(changes: Iterable[FileChange]) -> None:
    """Write the files that changed, and take away those that are to go."""
    for change in changes:
        if change.after is None:
            change.path.unlink()
            continue
        change.path.parent.mkdir(parents=True, exist_ok=True)
        change.path.write_bytes(change.after.encode())
