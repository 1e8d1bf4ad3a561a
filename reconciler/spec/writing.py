"""A model in, spec files out: one per root object, and the project file; it knows no database.

Where files are already there, only what differs is written: a document that lowers to the same objects stays as it is,
comments and all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from reconciler.model.model import Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import Column, Object, PrimaryKey, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.spec.describe_roots import DOCUMENTS, described
from reconciler.spec.emit import document
from reconciler.spec.files import PROJECT_FILES, shown_path, spec_files
from reconciler.spec.load import Document, load_paths
from reconciler.spec.lower import lower
from reconciler.spec.paths import file_names
from reconciler.spec.project import read_project, sql_dialect
from reconciler.spec.scalars import Scalar
from reconciler.spec.secrets import Secret
from reconciler.spec.shape import arranged, shape
from reconciler.spec.urls import CHAINS, has_password, relative_to

Normalize = Callable[[Model], Model]


@dataclass(frozen=True, slots=True)
class _Present:
    """What is there already: its objects, the document of each root, every file, and where new files belong."""

    model: Model
    documents: Mapping[Ref, Document]
    files: Mapping[str, Path]
    base: Path


def write(
    model: Model,
    directory: Path,
    *,
    dialect: str,
    project_name: str,
    url: str | Secret,
    default_schema: str = "",
    unnamed: Collection[Ref] = frozenset(),
    normalize: Normalize | None = None,
) -> list[Path]:
    """Write a model as specs and return the paths of the files that were written, sorted.

    Args:
        model: the objects as written: portable or native types, SQL of this dialect.
        directory: where the project file goes; it is made when it is missing.
        dialect: the dialect that the model was read from.
        project_name: the name in a new project file.
        url: the target in a new project file; one with a password is written as {env: DATABASE_URL}.
        default_schema: the schema whose name is left out.
        unnamed: objects whose name nobody gave; a primary key among them is written without one.
        normalize: makes two models comparable, so that another spelling of the same object leaves its file alone.

    Raises:
        SpecError: when specs are already there and are wrong.
    """
    directory.mkdir(parents=True, exist_ok=True)
    present = _present(directory, dialect, default_schema)
    model = _carrying(_without_implicit_names(model, unnamed), present.model)
    texts = {
        root.ref: _text(root.ref.kind, described(model, root, family=CHAINS[dialect][-1]))
        for root in _differing(model, present.model, normalize or _as_it_is)
    }
    written = _rewrite(texts, present)
    written += _create({ref: text for ref, text in texts.items() if ref not in present.documents}, present)
    if not any((directory / name).exists() for name in PROJECT_FILES):
        path = directory / PROJECT_FILES[0]
        _save(path, project_text(directory, dialect, project_name, url, default_schema))
        written.append(path)
    return sorted(written)


def named_schemas(directory: Path, *, dialect: str, default_schema: str = "") -> tuple[str, ...]:
    """Return the schemas, besides the default one, that specs in a directory name already.

    Raises SpecError when those are wrong.
    """
    if not directory.is_dir():
        return ()
    return tuple(
        sorted(ref.name for ref in _present(directory, dialect, default_schema).model if ref.kind == Kind.SCHEMA)
    )


def project_text(directory: Path, dialect: str, name: str, url: str | Secret, default_schema: str = "") -> str:
    """Return a new project file of one environment."""
    environment: dict[str, object] = {"url": _url(url, directory), "dialect": dialect}
    if default_schema and default_schema != "public":
        environment["schema"] = default_schema
    environment["default"] = True
    return _text(
        "project",
        {
            "reconcile": 1,
            "project": name,
            "dialects": [dialect],
            "sql": sql_dialect([dialect]),
            "environments": {"default": environment},
        },
    )


def _text(kind: str, entries: Mapping[str, object]) -> str:
    return document(arranged(entries, shape(kind)))


def _url(url: str | Secret, directory: Path) -> str | dict[str, object]:
    if isinstance(url, Secret):
        return {url.source: list(url.value) if isinstance(url.value, tuple) else url.value}
    return {"env": "DATABASE_URL"} if has_password(url) else relative_to(url, directory)


def _as_it_is(model: Model) -> Model:
    return model


def _present(directory: Path, dialect: str, default_schema: str) -> _Present:
    specs: tuple[Path, ...] = (directory,)
    sql = sql_dialect([dialect])
    variables: Mapping[str, Scalar] = {}
    if any((directory / name).exists() for name in PROJECT_FILES):
        project = read_project(directory)
        specs, sql, variables = project.specs, project.sql, project.variables
    base = directory if directory in specs else next((path for path in specs if path.is_dir()), directory)
    files = spec_files([path for path in specs if path.exists()] or [directory], [])
    if not files:
        return _Present(Model(), {}, {}, base)
    documents = load_paths(files)
    chain = CHAINS[dialect]
    found = lower(
        documents, dialect=dialect, fallback=chain, sql=sql, variables=variables, default_schema=default_schema
    )
    at = {document.source.position(document.name.at): document for document in documents.documents}
    own = ((ref, at.get(found.positions[ref, ""])) for ref, obj in found.model.items() if obj.kind in DOCUMENTS)
    roots = {ref: place for ref, place in own if place is not None and place.kind == ref.kind}
    sources = {document.source.file: path for path, document in _by_file(files, documents.documents)}
    return _Present(found.model, roots, sources, base)


def _by_file(files: Iterable[Path], documents: Iterable[Document]) -> Iterable[tuple[Path, Document]]:
    named = {shown_path(path): path for path in files}
    return ((named[document.source.file], document) for document in documents)


def _without_implicit_names(model: Model, unnamed: Collection[Ref]) -> Model:
    """Leave out the names of primary keys that an unnamed one would have anyway."""
    return model.updated(
        replace(obj, name=None)
        for obj in model.values()
        if isinstance(obj, PrimaryKey)
        and (obj.ref in unnamed or obj.name == implicit_name(obj.ref.top.name, (), "pkey"))
    )


def _carrying(model: Model, present: Model) -> Model:
    """Keep what people wrote and no database stores: `sensitive` and `protect`."""
    changed: list[Object] = []
    for obj in model.values():
        old = present.get(obj.ref)
        if isinstance(obj, Column) and isinstance(old, Column) and old.sensitive:
            changed.append(replace(obj, sensitive=True))
        if isinstance(obj, Table) and isinstance(old, Table) and old.protect is not None:
            changed.append(replace(obj, protect=old.protect))
    return model.updated(changed)


def _differing(model: Model, present: Model, normalize: Normalize) -> list[Object]:
    ours, theirs = normalize(model), normalize(present)
    return [obj for obj in model.values() if _has_document(obj) and _inside(ours, obj.ref) != _inside(theirs, obj.ref)]


def _has_document(obj: Object) -> bool:
    """Say whether an object stands in a document of its own; a schema needs none unless there is more to say."""
    return obj.kind in DOCUMENTS and obj != Schema(ref=obj.ref)


def _inside(model: Model, ref: Ref) -> dict[Ref, Object]:
    return {obj.ref: obj for obj in model.subtree(ref)}


def _rewrite(texts: Mapping[Ref, str], present: _Present) -> list[Path]:
    """Put new text in place of the documents that differ; everything around them stays."""
    changes: dict[str, list[tuple[Document, str]]] = {}
    for ref, text in texts.items():
        if ref in present.documents:
            found = present.documents[ref]
            changes.setdefault(found.source.file, []).append((found, text))
    written: list[Path] = []
    for file, parts in changes.items():
        lines = parts[0][0].source.text.splitlines(keepends=True)
        for found, text in sorted(parts, key=lambda part: -part[0].node.at[0]):
            _replace_document(lines, found, text)
        _save(present.files[file], "".join(lines))
        written.append(present.files[file])
    return written


def _replace_document(lines: list[str], found: Document, text: str) -> None:
    start = found.node.at[0] - 1
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(("---", "..."))), len(lines))
    before = ["---\n"] if lines[start].startswith("---") else []
    lines[start:end] = [*before, text]


def _create(texts: Mapping[Ref, str], present: _Present) -> list[Path]:
    base = present.base
    taken = [PurePosixPath(path.relative_to(base).as_posix()) for path in base.rglob("*") if path.is_file()]
    written: list[Path] = []
    for ref, name in file_names(texts, taken).items():
        path = base / name
        _save(path, texts[ref])
        written.append(path)
    return written


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
