"""Paths in, documents with positions out, each of the form that its kind's schema wants; it knows no dialect.

Every problem of every file is found before anything is raised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errors import Problem, SpecError
from reconciler.frozen import frozen_in_order
from reconciler.spec import validate
from reconciler.spec.cache import Shelf
from reconciler.spec.collector import no_collecting
from reconciler.spec.files import read_source, spec_files
from reconciler.spec.nodes import Node, Source, pointed, shown
from reconciler.spec.parse import parse

# The last two are keys inside other documents too.
KINDS = (
    "trigger", "table", "enum", "view", "sequence", "domain", "extension", "function", "procedure", "event",
    "assertion", "backfill", "data", "schema", "removed",
)  # fmt: skip
# The document of a trigger says what it is on.
_HOLDERS = frozenset({"table", "view"})
_KEYS_TOO = 2
# A few files are read faster than anything is looked up about them.
FEWEST = 100
_FORMS = "forms"


@dataclass(slots=True)
class SpecFile:
    """A spec file. `nodes` are its documents; None while nobody has needed them, because their form is known."""

    source: Source
    nodes: list[Node] | None = None

    @property
    def digest(self) -> str:
        """A word for the content, the same in every process."""
        return hashlib.blake2b(self.source.text.encode(errors="surrogatepass"), digest_size=16).hexdigest()

    def read(self) -> list[Node]:
        """Return the documents of the file."""
        if self.nodes is None:
            self.nodes = parse(self.source).documents
        return self.nodes


@frozen_in_order
class Document:
    """One YAML document: what kind of object it declares, and which of its file's documents it is.

    `key` tells its content from every other one's, "" when nothing of it is to be kept beyond the process.
    """

    kind: str
    file: SpecFile
    number: int
    key: str = ""

    @property
    def source(self) -> Source:
        """The file's name and text."""
        return self.file.source

    @property
    def node(self) -> Node:
        """Everything in the document."""
        return self.file.read()[self.number]

    @property
    def name(self) -> Node:
        """The value of the kind key, as a value alone: what points at the object points at its name."""
        named: Node = self.node.value[self.kind]
        return Node(named.value, named.at, None, named.style)

    @property
    def fields(self) -> Mapping[str, Node]:
        """The keys of the document with their values."""
        fields: Mapping[str, Node] = self.node.value
        return fields


@frozen_in_order
class Documents:
    """Every document of a set of specs, in the order of the files; `shelf` keeps what was made of them before.

    `whole` is the set that these are a part of, None where they are all there is.
    """

    documents: tuple[Document, ...]
    files: tuple[str, ...] = ()
    shelf: Shelf | None = None
    whole: Documents | None = None

    def part(self, documents: Iterable[Document]) -> Documents:
        """Return these documents of the set; what was made of the others is kept all the same."""
        return replace(self, documents=tuple(documents), whole=self.whole or self)

    def keys(self) -> frozenset[str]:
        """Return the keys of all documents of the whole set."""
        return frozenset(document.key for document in (self.whole or self).documents)

    def texts(self) -> Iterator[str]:
        """Yield the text of each file, in the order of the files."""
        last = None
        for document in self.documents:
            if document.file is not last:
                yield document.source.text
            last = document.file


def load_paths(paths: Sequence[Path], kept: Callable[[], Shelf | None] = lambda: None) -> Documents:
    """Read and check every spec below the paths. Raises SpecError with every problem of every file.

    Args:
        paths: files, directories and globs.
        kept: finds what knows the files that were found to be in order before, which are not parsed again; asked only
            where there are so many that it pays.
    """
    problems: list[Problem] = []
    found = spec_files(paths, problems)
    if not found and not problems:
        problems.append(Problem(code="SPEC005", message="no spec was found: no *.yaml file where specs are looked for"))
    shelf = kept() if len(found) >= FEWEST else None
    known = shelf.texts(_FORMS) if shelf else {}
    kinds: dict[str, str] = {}
    with no_collecting():
        documents = [document for path in found for document in _file(path, known, kinds, problems)]
    if shelf:
        shelf.keep(_FORMS, kinds)
    if problems:
        raise SpecError(problems)
    return Documents(tuple(documents), tuple(map(str, found)), shelf)


def load_text(text: str, file: str = "<text>") -> Documents:
    """Read and check one text as if it were a file. Raises SpecError with every problem."""
    problems: list[Problem] = []
    documents = _read(SpecFile(Source(file, text)), problems)
    if problems:
        raise SpecError(problems)
    return Documents(tuple(documents), (file,))


def _file(path: Path, known: Mapping[str, str], kinds: dict[str, str], problems: list[Problem]) -> list[Document]:
    """Return the documents of a file, and note their kinds by its content when nothing is wrong with it."""
    source = read_source(path)
    if isinstance(source, Problem):
        problems.append(source)
        return []
    file = SpecFile(source)
    digest = file.digest
    words = known.get(digest)
    if words is None:
        before = len(problems)
        documents = _read(file, problems)
        if len(problems) > before:
            return documents
        words = " ".join(document.kind for document in documents)
    kinds[digest] = words
    # The value of a variable may be a secret, and is nobody's to keep.
    key = "" if "${var." in source.text else digest
    return [Document(kind, file, number, key and f"{key}.{number}") for number, kind in enumerate(words.split())]


def _read(file: SpecFile, problems: list[Problem]) -> list[Document]:
    source, parsed = file.source, parse(file.source)
    own = list(parsed.problems)
    documents: list[Document] = []
    file.nodes = parsed.documents
    if not parsed.documents and parsed.sound:
        hint = "delete it, or declare something"
        own.append(source.problem("SPEC005", "the file has no document", (1, 1, 0), hint=hint))
    if parsed.sound:
        for number, node in enumerate(parsed.documents):
            kind = kind_of(source, node, own)
            if kind:
                own += validate.problems(kind, node, source)
                documents.append(Document(kind, file, number))
    problems += sorted(own, key=lambda problem: (problem.position is None, problem.position))
    return documents


def kind_of(source: Source, node: Node, problems: list[Problem]) -> str:
    if type(node.value) is not dict:
        problems.append(_nokind_of(source, node))
        return ""
    sole, inner = KINDS[:-_KEYS_TOO], KINDS[-_KEYS_TOO:]
    found = [kind for kind in sole if kind in node.value] or [kind for kind in inner if kind in node.value]
    if "trigger" in found:
        found = [kind for kind in found if kind not in _HOLDERS]
    if not found:
        problems.append(_nokind_of(source, node))
    elif len(found) > 1:
        keys = sorted(node.value[kind].key for kind in found)
        message = f"a document declares one object, this one {_and(found)}"
        also = (source.position(keys[0]),)
        problems.append(source.problem("SPEC010", message, keys[1], hint="separate them by a line with ---", also=also))
    return found[0] if len(found) == 1 else ""


def _nokind_of(source: Source, node: Node) -> Problem:
    if node.value is None:
        hint = "remove one of the --- lines, or declare something"
        return source.problem("SPEC005", "the document is empty", node.at, hint=hint)
    message = f"the document does not say what it declares: it has none of the keys {', '.join(KINDS)}"
    if type(node.value) is not dict:
        return source.problem("SPEC010", f"expected a mapping, found {shown(node)}", pointed(node))
    first = next(iter(node.value.items()), None)
    hint = validate.suggestion(first[0], KINDS) if first else ""
    return source.problem("SPEC010", message, first[1].key if first else pointed(node), hint=hint)


def _and(words: Iterable[str]) -> str:
    return " and ".join(repr(word) for word in words)
