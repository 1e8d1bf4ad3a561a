"""A model in, spec files out: one per root object, and the project file; it knows no database.

Where files are already there, only what differs is edited in them: the rest stays as it is, comments and all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from reconciler.model.model import Desired, Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import Column, Object, PrimaryKey, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.spec.amend import FileChange, Lower, Specs, Unlike, amended, placed, save
from reconciler.spec.describe_roots import DOCUMENTS
from reconciler.spec.emit import document
from reconciler.spec.files import PROJECT_FILES, shown_path, spec_files
from reconciler.spec.load import Documents, load_paths
from reconciler.spec.lower import lower
from reconciler.spec.project import read_project, sql_dialect
from reconciler.spec.scalars import Scalar
from reconciler.spec.secrets import Secret
from reconciler.spec.shape import arranged, shape
from reconciler.spec.urls import CHAINS, has_password, relative_to

Normalize = Callable[[Model], Model]


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
    present, lower_again = present_specs(directory, dialect, default_schema)
    model = carrying(without_implicit_names(model, unnamed), present.found.model)
    changes = _amended(present, model, lower_again, normalize or _as_it_is)
    save(changes)
    written = [change.path for change in changes]
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
        sorted(
            ref.name
            for ref in present_specs(directory, dialect, default_schema)[0].found.model
            if ref.kind == Kind.SCHEMA
        )
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


def present_specs(directory: Path, dialect: str, default_schema: str) -> tuple[Specs, Lower]:
    """Return the specs of a directory as they are, and how they are read again. Raises SpecError."""
    specs: tuple[Path, ...] = (directory,)
    sql = sql_dialect([dialect])
    variables: Mapping[str, Scalar] = {}
    if any((directory / name).exists() for name in PROJECT_FILES):
        project = read_project(directory)
        specs, sql, variables = project.specs, project.sql, project.variables
    base = directory if directory in specs else next((path for path in specs if path.is_dir()), directory)
    files = spec_files([path for path in specs if path.exists()] or [directory], [])

    def lowered(documents: Documents) -> Desired:
        return lower(
            documents, dialect=dialect, fallback=CHAINS[dialect], sql=sql, variables=variables,
            default_schema=default_schema,
        )  # fmt: skip

    return specs_of(load_paths(files) if files else Documents(()), files, base, dialect, lowered), lowered


def specs_of(documents: Documents, files: Iterable[Path], base: Path, dialect: str, lowered: Lower) -> Specs:
    """Return specs as they are, from their documents and files; new files belong into `base`. Raises SpecError."""
    named = {shown_path(path): path for path in files}
    found = lowered(documents) if documents.documents else Desired(model=Model())
    return placed(Specs(documents=documents, found=found, files=named, base=base, dialect=dialect))


def without_implicit_names(model: Model, unnamed: Collection[Ref]) -> Model:
    """Leave out the names of primary keys that an unnamed one would have anyway."""
    return model.updated(
        replace(obj, name=None)
        for obj in model.values()
        if isinstance(obj, PrimaryKey)
        and (obj.ref in unnamed or obj.name == implicit_name(obj.ref.top.name, (), "pkey"))
    )


def carrying(model: Model, present: Model) -> Model:
    """Keep what people wrote and no database stores: `sensitive`, `protect` and `deprecated`."""
    changed: list[Object] = []
    for obj in model.values():
        old = present.get(obj.ref)
        if isinstance(obj, Column) and isinstance(old, Column) and (old.sensitive or old.deprecated):
            changed.append(replace(obj, sensitive=old.sensitive, deprecated=old.deprecated))
        if isinstance(obj, Table) and isinstance(old, Table) and (old.protect is not None or old.deprecated):
            changed.append(replace(obj, protect=old.protect, deprecated=old.deprecated))
    return model.updated(changed)


def _amended(present: Specs, model: Model, lower_again: Lower, normalize: Normalize) -> list[FileChange]:
    """Return the files that have to change so that each root of a model is declared as it is there."""
    found = present.found.model
    roots = _differing(model, found, normalize)
    wanted = found.updated(obj for obj in model.values() if obj.ref.top in roots - present.at.keys())
    wanted = blended(wanted, model, roots & present.at.keys(), normalize)
    return amended(present, wanted, roots, lower_again, differing(normalize))


def _differing(model: Model, present: Model, normalize: Normalize) -> AbstractSet[Ref]:
    """Return the roots that have a document and differ from what is declared."""
    roots = frozenset(ref for ref, obj in model.items() if _has_document(obj))
    return differing(normalize)(present, model, roots)


def differing(normalize: Normalize) -> Unlike:
    """Return what says which roots two models, as written, do not have in common."""

    def unlike(one: Model, other: Model, roots: AbstractSet[Ref]) -> frozenset[Ref]:
        if not roots or not one:  # normalizing is most of the work of an import
            return frozenset(roots)
        ours, theirs = normalize(one), normalize(other)
        return frozenset(root for root in roots if _inside(ours, root) != _inside(theirs, root))

    return unlike


def blended(present: Model, model: Model, roots: AbstractSet[Ref], normalize: Normalize) -> Model:
    """Return what is declared with those objects of some roots as another model has them that differ from it.

    What is the same in another spelling stays as its author wrote it.
    """
    if not roots:
        return present
    theirs, ours = normalize(present), normalize(model)
    places = {ref for ref in {*ours, *theirs} if ref.top in roots and ours.get(ref) != theirs.get(ref)}
    found = replaced(present, model, places)
    whole = differing(normalize)(found, model, roots)
    return replaced(found, model, {ref for ref in {*found, *model} if ref.top in whole})


def replaced(present: Model, model: Model, places: AbstractSet[Ref]) -> Model:
    """Return a model with what another one has at some addresses, and without what that has not."""
    kept = [obj for ref, obj in present.items() if ref not in places or ref in model]
    return Model(kept).updated(model[ref] for ref in places if ref in model)


def _has_document(obj: Object) -> bool:
    """Say whether an object stands in a document of its own; a schema needs none unless there is more to say."""
    return obj.kind in DOCUMENTS and obj != Schema(ref=obj.ref)


def _inside(model: Model, ref: Ref) -> dict[Ref, Object]:
    return {obj.ref: obj for obj in model.subtree(ref)}


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
