"""What a plan does to extensions in; what of it the server has no files for, or this user no right to, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.sql import double_quoted
from reconciler.model.change import Alter, Create
from reconciler.model.objects import Extension
from reconciler.model.ref import Ref
from reconciler.plan.step import Step

# (what is wrong, what to do, which object)
Found = tuple[str, str, Ref]

# Before version 13 nothing is trusted, and the view has no such column.
_VERSIONS = """
SELECT v.name, v.version, v.version = a.default_version,
       v.superuser AND NOT coalesce(CAST(to_jsonb(v) ->> 'trusted' AS boolean), false)
FROM pg_available_extension_versions v JOIN pg_available_extensions a ON a.name = v.name
WHERE v.name = ANY (CAST(:names AS text[]))
ORDER BY 1, 2
"""
_RIGHTS = """
SELECT current_user, current_database(), current_setting('is_superuser') = 'on',
       has_database_privilege(current_database(), 'CREATE')
"""
_PATH = """
SELECT count(*) FROM pg_extension_update_paths(:name)
WHERE source = :source AND target = :target AND path IS NOT NULL
"""


def extensions(session: Session, steps: Sequence[Step]) -> Iterator[Found]:
    """Yield what stands in the way of making or updating extensions; nothing is asked when there are none."""
    changes = [change for step in steps for change in step.changes]
    made = [change.new for change in changes if isinstance(change, Create) and isinstance(change.new, Extension)]
    if made:
        yield from _unavailable(session, made)
    for change in changes:
        match change:
            case Alter(Extension() as old, Extension() as new, fields) if "version" in fields:
                yield from _without_path(session, old, new)
            case _:
                pass


def _unavailable(session: Session, made: Sequence[Extension]) -> Iterator[Found]:
    names = "{" + ",".join(double_quoted(extension.ref.name) for extension in made) + "}"
    rows = session.query(_VERSIONS, {"names": names})
    user, database, is_superuser, may_create = session.query(_RIGHTS)[0]
    for extension in made:
        own = [row for row in rows if row[0] == extension.ref.name]
        wanted = [row for row in own if row[1] == extension.version or (extension.version is None and row[2])]
        if not own:
            hint = "install its files on the server, or take it out of the specs"
            yield f"the server has no extension {extension.ref.name}", hint, extension.ref
        elif not wanted:
            there = ", ".join(row[1] for row in own)
            message = f"the server has no version {extension.version} of {extension.ref.name}"
            yield message, f"it has {there}", extension.ref
        elif wanted[0][3] and not is_superuser:
            hint = f"let a superuser run CREATE EXTENSION {double_quoted(extension.ref.name)}"
            yield f"{extension.ref.name} can only be made by a superuser, and {user} is none", hint, extension.ref
        elif not may_create:
            grant = f"GRANT CREATE ON DATABASE {double_quoted(database)} TO {double_quoted(user)}"
            yield f"{user} may not make extensions in {database}", grant, extension.ref


def _without_path(session: Session, old: Extension, new: Extension) -> Iterator[Found]:
    given = {"name": new.ref.name, "source": old.version, "target": new.version}
    if not session.query(_PATH, given)[0][0]:
        message = f"there is no way from version {old.version} of {new.ref.name} to {new.version}"
        yield message, "SELECT * FROM pg_extension_update_paths(…) lists the ways that there are", new.ref
