"""A review in, a plan file out, and back: it holds what is wanted, never a secret, and is for its owner's eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.errors import PlanFileError
from reconciler.frozen import frozen
from reconciler.model.codec import decode_desired, encode_desired
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.report.diagnostics import FORMAT_VERSION
from reconciler.report.facts import Review, SpecVersion
from reconciler.report.files import write_private
from reconciler.report.json import document
from reconciler.report.plan_json import plan_data
from reconciler.report.review_codec import decode_plan, decode_review, encode_review


@frozen
class SavedPlan:
    """What an apply takes from a plan file: which plan it has to be, what is wanted, and where."""

    id: str
    desired: Desired
    dialect: str
    environment: str
    project: str
    schema: str = ""
    only: frozenset[Ref] = frozenset()
    version: SpecVersion


def plan_file_data(review: Review) -> dict[str, Any]:
    """Return what a plan file holds: the plan as it is reported, and what an apply needs to make it again.

    What is large is a function, as in `plan_data`.
    """
    review = review.whole()
    return {
        **plan_data(review),
        "dialect": review.dialect,
        "schema": review.schema,
        "desired": partial(encode_desired, review.desired),
        "review": partial(encode_review, review),
    }


def write_plan(path: Path, review: Review) -> None:
    """Write a plan file, readable by its owner alone, whole or not at all. Raises PlanFileError."""
    try:
        write_private(path, document(plan_file_data(review)))
    except OSError as error:
        raise PlanFileError(f"the plan cannot be written to {path}: {error.strerror or error}") from None


def read_plan(path: Path) -> SavedPlan:
    """Read a plan file. Raises PlanFileError, saying what is wrong with it."""
    data = _loaded(path)
    version = data.get("format_version")
    if not isinstance(version, str) or version.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        raise _wrong(path, f"its format is {version!r}, this version reads {FORMAT_VERSION}")
    missing = [key for key in ("plan_id", "desired", "dialect", "environment", "project") if not data.get(key)]
    if missing:
        raise _wrong(path, f"it has no {', '.join(missing)}")
    try:
        desired = decode_desired(data["desired"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _wrong(path, f"what it wants cannot be read ({error})") from None
    _unedited(path, data)
    return SavedPlan(
        id=str(data["plan_id"]), desired=desired, dialect=str(data["dialect"]),
        environment=str(data["environment"]), project=str(data["project"]),
        schema=str(data.get("schema") or ""), only=_only(path, data.get("selected")),
        version=_version(data.get("spec")),
    )  # fmt: skip


def _only(path: Path, said: object) -> frozenset[Ref]:
    """Return the addresses that a plan is limited to."""
    try:
        return frozenset(map(Ref.parse, said if isinstance(said, list) else ()))
    except (ValueError, TypeError, AttributeError) as error:
        raise _wrong(path, f"what it is limited to cannot be read ({error})") from None


def _version(said: object) -> SpecVersion:
    known = said if isinstance(said, dict) else {}
    return SpecVersion(sha256=str(known.get("sha256", "")), commit=str(known.get("commit") or ""),
                       dirty=bool(known.get("dirty")))  # fmt: skip


def read_review(path: Path) -> Review:
    """Read a plan file as it was reviewed. Raises PlanFileError, saying what is wrong with it."""
    read_plan(path)
    try:
        return decode_review(_loaded(path))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _wrong(path, f"what it shows cannot be read ({error})") from None


def _unedited(path: Path, data: Mapping[str, Any]) -> None:
    """Hold the statements of a file against its id. What they say is never run, but somebody may have read them."""
    try:
        found = decode_plan(data).id
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _wrong(path, f"its steps cannot be read ({error})") from None
    if found != data["plan_id"]:
        raise PlanFileError(
            f"the file {path} was edited: it says that it is {data['plan_id']}, and what it holds is {found}",
            hint="a plan is changed by changing the specs; plan again",
        )


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanFileError(f"the plan {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise _wrong(path, f"it is not JSON ({error})") from None
    if not isinstance(data, dict):
        raise _wrong(path, "it holds no plan")
    return data


def _wrong(path: Path, why: str) -> PlanFileError:
    hint = "a plan file is what `reconcile plan --out FILE` writes; plan again"
    return PlanFileError(f"{path} is not a plan: {why}", hint=hint)
