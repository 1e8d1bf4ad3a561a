"""A document's text, what it says and what it is to say in; the edits that change just that out; it knows no kind.

Comments, empty lines, quotes and the order of what stays are left as they are. What an author wrote in another way than
we would is edited where it stands, or, where there is no such place, not at all: `Unfit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import yaml

from reconciler.spec import emit
from reconciler.spec.emit import Block, Lines, Remarked, Written
from reconciler.spec.shape import Shape, arranged

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = object()

# From where to where, and the text that comes there.
Cut = tuple[int, int, str]


class Unfit(Exception):
    """The text has no place for a change."""


def composed(text: str) -> list[Any]:
    """Return the documents of a sound text as nodes that know where they stand."""
    return [node for node in yaml.compose_all(text, _LOADER) if node is not None]


def edits(
    text: str, document: Any, before: Mapping[str, Any], after: Mapping[str, Any], at: Shape, chain: Sequence[str]
) -> list[Cut]:
    """Return the edits that let a document say `after` instead of `before`. Raises Unfit.

    Args:
        text: the whole file, its lines ended by LF.
        document: one of its documents, as `composed` gives it.
        before: the entries that we would write for what it says.
        after: those for what it is to say.
        at: the shape of its kind.
        chain: the dialect words whose keys apply, nearest first.
    """
    if not isinstance(document, yaml.MappingNode) or document.flow_style:
        raise Unfit
    splice = _Splice(text, tuple(chain))
    splice.mapping(document, before, after, at)
    applied(text, splice.cuts)
    return splice.cuts


def applied(text: str, cuts: Sequence[Cut]) -> str:
    """Return a text with edits. Raises Unfit when two of them overlap."""
    found, last = [], 0
    for start, end, new in sorted(cuts, key=lambda cut: cut[:2]):
        if start < last:
            raise Unfit
        found += [text[last:start], new]
        last = end
    return "".join(found) + text[last:]


def end_of(text: str, node: Any) -> int:
    """Return where a value ends, without the empty lines and comments that follow."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        return start + len(text[start:end].rstrip()) if node.style in ("|", ">") else int(end)
    if node.flow_style or not node.value:
        return int(end)
    last = node.value[-1]
    return max(end_of(text, last[1]), last[0].end_mark.index) if isinstance(last, tuple) else end_of(text, last)


def line_end(text: str, index: int) -> int:
    """Return where the next line begins."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def plain(value: Any) -> Any:
    """Return what is to be written without its layout, to be compared."""
    if isinstance(value, Lines):
        value = value.entries
    if isinstance(value, Block):
        return value.text.strip()
    if isinstance(value, Mapping):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list | tuple) else value


def _same(one: Any, other: Any) -> bool:
    return one is other or repr(plain(one)) == repr(plain(other))


def _entries(value: Any) -> Mapping[str, Any] | None:
    """Return a mapping that is to be written, None for anything else."""
    value = value.entries if isinstance(value, Lines) else value
    return value if isinstance(value, Mapping) else None


@dataclass
class _Splice:
    """The edits of one document, as they are found."""

    text: str
    chain: tuple[str, ...]
    cuts: list[Cut] = field(default_factory=list)

    def mapping(self, node: Any, before: Mapping[str, Any], after: Mapping[str, Any], at: Shape) -> None:
        """Note what changes in a mapping on lines of its own."""
        there = self._there(node)
        for key in (*before, *(key for key in after if key not in before)):
            old, new = before.get(key, _NOTHING), after.get(key, _NOTHING)
            if _same(old, new):
                continue
            if key not in there:
                if old is not _NOTHING:
                    raise Unfit
                self._insert(node, key, new, after, at)
            elif new is _NOTHING:
                self._delete(*there[key], old, at.below(key))
            else:
                self._replace(*there[key], old, new, at.below(key))

    def _there(self, node: Any) -> dict[str, tuple[Any, Any]]:
        """Return the entries of a mapping; what it says for this dialect alone takes the place of what it says."""
        found = {key.value: (key, value) for key, value in node.value}
        _, by_dialect = found.get("dialect", (None, None))
        if not isinstance(by_dialect, yaml.MappingNode):  # an environment says there which one it has
            return found
        own = {key.value: value for key, value in by_dialect.value}
        for word in reversed(self.chain):
            if isinstance(own.get(word), yaml.MappingNode):
                found |= {key.value: (key, value) for key, value in own[word].value}
        return found

    def _own(self, node: Any) -> Any:
        """Return which of the texts for several dialects is meant, the node itself where there is one for all."""
        if not isinstance(node, yaml.MappingNode):
            return node
        texts = {key.value: value for key, value in node.value}
        return next((texts[word] for word in self.chain if word in texts), node)

    # --- an entry -----------------------------------------------------------------------------------------------------

    def _replace(self, key: Any, node: Any, old: Any, new: Any, at: Shape) -> None:
        inside, wanted = _entries(old), _entries(new)
        if wanted is None and self._own(node) is not node:
            inner = next(name for name, value in node.value if value is self._own(node))
            self._replace(inner, self._own(node), old, new, at)
            return
        if isinstance(node, yaml.MappingNode) and not node.flow_style and wanted is not None:
            self.mapping(node, inside or {}, wanted, at)
            return
        lists = isinstance(old, Sequence) and isinstance(new, Sequence) and not isinstance(old, str)
        if isinstance(node, yaml.SequenceNode) and not node.flow_style and lists and len(old) == len(node.value):
            self._items(node, old, new)
            return
        value = arranged(self._merged(node, old, new), at)
        start, end = node.start_mark.index, end_of(self.text, node)
        self._unspoken(start, end)
        inline = emit.fitting(value, node.start_mark.column)
        if inline is not None and "\n" not in self.text[start:end]:
            space = " " if self.text[start - 1] == ":" else ""
            self.cuts.append((start, end, space + inline))
        else:
            self._whole(key, end, value)

    def _whole(self, key: Any, end: int, value: Any) -> None:
        """Note an entry that is written anew, the comment beside it kept."""
        stop = line_end(self.text, end)
        rest = self.text[end:stop].strip()
        indent = " " * key.start_mark.column
        written = emit.entry(key.value, Remarked(value, beside=rest) if rest else value, indent)
        self.cuts.append((key.start_mark.index, stop, written[len(indent) :]))

    def _delete(self, key: Any, node: Any, old: Any, at: Shape) -> None:
        inside = _entries(old)
        others = isinstance(node, yaml.MappingNode) and {name.value for name, _ in node.value} - set(inside or ())
        if at.apart and others and inside is not None:
            self._replace(key, node, old, {}, at)
            return
        self.cuts.append((self._spoken_of(key), line_end(self.text, end_of(self.text, node)), ""))

    def _spoken_of(self, key: Any) -> int:
        """Return where an entry begins with the comments that stand directly above it."""
        start = self.text.rfind("\n", 0, key.start_mark.index) + 1
        if self.text[start : key.start_mark.index].strip():
            raise Unfit
        indent = self.text[start : key.start_mark.index]
        while start:
            above = self.text.rfind("\n", 0, start - 1) + 1
            if not self.text[above:start].startswith(f"{indent}#"):
                break
            start = above
        return start

    def _insert(self, node: Any, key: str, value: Any, after: Mapping[str, Any], at: Shape) -> None:
        """Note a new entry behind the one that it follows in the order of what is to be written."""
        there = {name.value: held for name, held in node.value}
        order = list(after) if at.apart else at.ordered({**dict.fromkeys(after), **dict.fromkeys(there)})
        before = [name for name in order[: order.index(key)] if name in there]
        indent = " " * node.start_mark.column
        written = emit.entry(key, arranged(value, at.below(key)), indent)
        if not before:
            first = self._spoken_of(node.value[0][0])
            self.cuts.append((first, first, written))
            return
        place = line_end(self.text, end_of(self.text, there[before[-1]]))
        broken = "" if self.text[:place].endswith("\n") else "\n"
        self.cuts.append((place, place, broken + written))

    # --- a list, and what stands on one line --------------------------------------------------------------------------

    def _items(self, node: Any, old: Sequence[Any], new: Sequence[Any]) -> None:
        indent = " " * node.start_mark.column
        starts = [self.text.rfind("\n", 0, item.start_mark.index) + 1 for item in node.value]
        ends = [line_end(self.text, end_of(self.text, item)) for item in node.value]
        one, other = [repr(plain(item)) for item in old], [repr(plain(item)) for item in new]
        for word, first, last, start, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            if word == "equal":
                continue
            for number in range(first, last):
                self.cuts.append((starts[number], ends[number], ""))
            place = starts[first] if first < len(starts) else ends[-1]
            written = "".join(emit.item(item, indent) for item in new[start:stop])
            broken = "" if not written or self.text[:place].endswith("\n") else "\n"
            self.cuts.append((place, place, broken + written))

    def _unspoken(self, start: int, end: int) -> None:
        """Raise Unfit when there are comments in a value that is written anew as a whole."""
        lines = self.text[start:end].split("\n")
        if any("#" in line for line in lines[:-1]) or any(line.lstrip().startswith("#") for line in lines):
            raise Unfit

    def _merged(self, node: Any, old: Any, new: Any) -> Any:
        """Return a value as it stands, with what differs put in its place."""
        inside, wanted = _entries(old), _entries(new)
        if _same(old, new):
            return self._kept(node)
        if wanted is None and self._own(node) is not node:
            own = self._own(node)
            return {key.value: new if value is own else self._kept(value) for key, value in node.value}
        if not isinstance(node, yaml.MappingNode) or wanted is None:
            return new
        return self._combined({key.value: value for key, value in node.value}, inside or {}, wanted)

    def _combined(self, there: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
        """Return the entries of a mapping, those that differ as they are to be."""
        changed = [key for key in {**before, **after} if not _same(before.get(key, _NOTHING), after.get(key, _NOTHING))]
        if any(key in before and key not in there for key in changed):
            raise Unfit
        found = {key: self._kept(value) for key, value in there.items() if key in after or key not in before}
        for key in changed:
            if key in after:
                found[key] = self._merged(there[key], before.get(key), after[key]) if key in there else after[key]
        return found

    def _kept(self, node: Any) -> Any:
        """Return a value for `emit` as its author wrote it."""
        if isinstance(node, yaml.MappingNode):
            return {key.value: self._kept(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self._kept(item) for item in node.value]
        raw = self.text[node.start_mark.index : end_of(self.text, node)]
        return Written(raw) if "\n" not in raw and node.style not in ("|", ">") else node.value
