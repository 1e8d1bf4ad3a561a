"""What an import said that specs cannot hold in, for each entry of a dump whether it was among that out.

Nothing may be missing on the other side that the import did not name: silence is what is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.ref import Ref
from tests.observer_postgres import Entry

# The words for relations that are not tables of ours; what belongs to them is left out with them.
_RELATIONS = frozenset(
    {"partitioned_table", "partition", "inherited_table", "typed_table", "foreign_table", "materialized_view"}
)
# Rights, what a database has as a whole, and what joins a partition, which is never a table of ours, to its parent.
_BESIDE = frozenset(
    {
        "ACL", "DEFAULT ACL", "PUBLICATION", "PUBLICATION TABLE", "EVENT TRIGGER", "SUBSCRIPTION",
        "TABLE ATTACH", "INDEX ATTACH",
    }
)  # fmt: skip
# pg_dump's words where ours are others.
_WORDS = {"ROW SECURITY": "row_security", "FK CONSTRAINT": "foreign_key"}


@dataclass(frozen=True, slots=True)
class Said:
    """What imports left out: objects by kind word and name, relations by name, and objects in part by their root.

    `keyless` are tables with a key that specs do not hold.
    """

    schemas: tuple[str, ...]
    objects: frozenset[tuple[str, str]]
    relations: frozenset[str]
    in_part: frozenset[str]
    keyless: frozenset[str] = frozenset()

    def all_of(self, entry: Entry) -> bool:
        """Say whether this entry is something that specs do not hold at all."""
        if entry.type in _BESIDE or entry.schema not in ("", *self.schemas):
            return True
        word = _WORDS.get(entry.type, entry.type.lower().replace(" ", "_"))
        if entry.type == "COMMENT":
            word, _, name = entry.name.partition(" ")
            if word in ("EXTENSION", "SCHEMA"):
                return True
            return self._named(word.lower(), name) or entry.holder in self.relations
        words = (word, "constraint") if entry.type.endswith("CONSTRAINT") else (word,)
        named = any(self._named(each, entry.name) for each in words)
        return named or entry.name in self.relations or entry.holder in self.relations

    def part_of(self, entry: Entry) -> bool:
        """Say whether the import told of something in this entry that specs do not hold."""
        return entry.name in self.in_part or entry.holder in self.in_part

    def _named(self, word: str, name: str) -> bool:
        bare = name.partition("(")[0]
        last = bare.rpartition(" ")[2]
        return any((word, each) in self.objects for each in (name, bare, last))


def understood(addresses: Iterable[str], schemas: tuple[str, ...]) -> Said:
    """Read the addresses that imports of these schemas gave."""
    objects: set[tuple[str, str]] = set()
    relations: set[str] = set()
    in_part: set[str] = set()
    keyless: set[str] = set()
    for line in addresses:
        ref = _ref(line)
        more = _has_more(line, ref)
        # A table that is left out as a whole is one that another tool keeps its account in.
        if ref.parts[0] in _RELATIONS or (ref.parts[0] == "table" and len(ref.parts) == 2 and not more):
            relations.add(ref.parts[1])
        if more:
            in_part.add(ref.parts[1])
            continue
        if ref.parts[-2] == "constraint":
            keyless.add(ref.parts[1])
        names = (ref.name, ref.name.partition("(")[0])
        objects |= {(ref.parts[-2], name.removeprefix(f"{schemas[0]}.")) for name in names}
    return Said(schemas, frozenset(objects), frozenset(relations), frozenset(in_part), frozenset(keyless))


def _ref(line: str) -> Ref:
    """Return the address at the start of a line; what follows a colon says which part of the object is meant."""
    try:
        return Ref.parse(line)
    except ValueError:
        return Ref.parse(line.partition(": ")[0])


def _has_more(line: str, ref: Ref) -> bool:
    return str(ref) != line
