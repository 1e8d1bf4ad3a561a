"""What happens to statements in, what there is to tell of it out: how many ran, what did not, what contradicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.errors import Problem
from reconciler.frozen import frozen
from reconciler.model.model import Inspection, Model
from reconciler.model.ref import Kind, Ref
from reconciler.sources.conflicts import Conflict, Definition, differences
from reconciler.sources.heads import Head, head
from reconciler.sources.keeping import INSIDE, Decision, Key, key_of
from reconciler.sources.statements import Statement


@frozen
class Note:
    """A statement that was passed over, or whose failure is no matter, and why; a `grave` one is told by itself."""

    statement: Statement
    why: str
    grave: bool = False


@frozen
class Ran:
    """What came of files: what they make, how many statements ran, what was passed over, failed, contradicts."""

    inspection: Inspection
    ran: int
    notes: tuple[Note, ...]
    failures: tuple[tuple[Statement, Problem], ...]
    conflicts: tuple[Conflict, ...]


@dataclass
class Journal:
    """What is to be told, while statements are gone through.

    `made` and `altered` are the statements to which what is there goes back, `placed` the decisions that were
    carried out.
    """

    decisions: Mapping[Key, Decision]
    ran: int = 0
    notes: list[Note] = field(default_factory=list)
    failures: list[tuple[Statement, Problem]] = field(default_factory=list)
    conflicts: dict[Ref, list[Definition]] = field(default_factory=dict)
    made: dict[Key, Statement] = field(default_factory=dict)
    altered: dict[Key, list[Statement]] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)

    def note(self, statement: Statement, why: str, *, grave: bool = False) -> None:
        """Tell why a statement does nothing."""
        self.notes.append(Note(statement=statement, why=why, grave=grave))

    def fail(self, statement: Statement, message: str, hint: str = "", code: str = "RUN060") -> None:
        """Tell why a statement fails."""
        problem = Problem(
            code=code, message=message, position=statement.position, source=statement.line, hint=hint
        )  # fmt: skip
        self.failures.append((statement, problem))

    def count(self, statement: Statement, found: Head) -> None:
        """Count a statement that ran."""
        self.ran += 1
        key = key_of(found)
        if found.verb in ("CREATE", "DROP"):
            self.made.pop(key, None)
            self.altered.pop(key, None)
        if found.verb == "CREATE" and found.name:
            self.made[key] = statement
        elif found.verb == "ALTER":
            self.altered.setdefault(key, []).append(statement)
        if found.renamed:
            self._move(key, (*key[:2], found.renamed.lower()))

    def _move(self, old: Key, new: Key) -> None:
        """Let what made an object go by its other name."""
        if old in self.made:
            self.made[new] = self.made.pop(old)
        self.altered[new] = self.altered.pop(old, [])

    def again(self, statement: Statement, found: Head, mine: Model, theirs: Model) -> None:
        """Tell that an object is defined again: the same, or in another way."""
        if not differences(mine, theirs):
            self.note(statement, f"{found.name} is there, and the same")
            return
        made, altered = self._origin(found, next(iter(mine)))
        first = Definition(statement=made, objects=mine, fate="stands", altered=altered)
        known = self.conflicts.setdefault(next(iter(mine)), [first])
        known.append(Definition(statement=statement, objects=theirs, fate="skipped" if found.soft else "failed"))

    def _origin(self, found: Head, ref: Ref) -> tuple[Statement | None, tuple[Statement, ...]]:
        """Return which statement made an object that is there, and which altered it since."""
        inside = f"{ref.top.name}.{ref.name}" if found.kind in INSIDE else found.name
        keys = (key_of(found), (found.kind, "", inside.lower()))
        altered = next((self.altered[key] for key in keys if key in self.altered), [])
        if ref.kind == Kind.COLUMN:
            adds = [one for one in altered if ref.name.lower() in map(str.lower, head(one.words).columns)]
            if adds:
                return adds[-1], ()
        return next((self.made[key] for key in keys if key in self.made), None), tuple(altered)

    def ended(self, inspection: Inspection) -> Ran:
        """Return all of it, with what the files make."""
        return Ran(
            inspection=inspection, ran=self.ran, notes=tuple(self.notes), failures=tuple(self.failures),
            conflicts=tuple(Conflict(ref=ref, definitions=tuple(all_)) for ref, all_ in self.conflicts.items()),
        )  # fmt: skip


# Run a statement; make the definition that is kept in the place of an earlier one, and say whether that went well.
Run = Callable[[Statement, Head], None]
Fits = Callable[[Statement], bool]


def as_decided(journal: Journal, statement: Statement, found: Head, run: Run, fits: Fits) -> None:
    """Run a statement, unless another definition of its object is kept; that one runs where the first one stands."""
    decision = journal.decisions.get(key_of(found)) if found.kind else None
    kept = f"another definition of {found.name} is kept"
    if decision is None or found.verb not in ("CREATE", "ALTER"):
        run(statement, found)
    elif found.verb == "ALTER":
        if decision.comes_after(statement):
            journal.note(statement, f"comes before the definition of {found.name} that is kept", grave=True)
        else:
            run(statement, found)
    elif statement is decision.statement:
        if id(decision) not in journal.placed:
            journal.placed.add(id(decision))
            run(statement, found)
    elif id(decision) not in journal.placed and fits(decision.statement):
        journal.placed.add(id(decision))
        journal.made[key_of(found)] = decision.statement
        journal.ran += 1
        journal.note(statement, kept)
    else:
        journal.note(statement, kept)
