"""The ledger in, past runs out, newest first; nothing is written, and an older version's ledger tells what it has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.dialects.base import Session
from reconciler.errors import UsageError
from reconciler.execute.ledger import Ledger, has_column, query
from reconciler.plan.outcome import Consent, PastRun, PastStep

LATEST = "latest"

# How many runs are named when a beginning fits several.
_NAMED = 5


def runs(session: Session, ledger: Ledger, limit: int) -> tuple[PastRun, ...] | None:
    """Return the last runs of every project, newest first; None when there is no ledger. Outside a transaction."""
    found = _runs(session, ledger, "ORDER BY r.started_at DESC, r.run_id DESC LIMIT :most", {"most": limit})
    return None if found is None else tuple(found)


def run(session: Session, ledger: Ledger, word: str) -> PastRun:
    """Return one run with its steps.

    Args:
        session: outside a transaction.
        ledger: where it is.
        word: an id, the beginning of one, or `latest`.

    Raises:
        UsageError: when there is no such run, or several.
    """
    if word == LATEST:
        found = _runs(session, ledger, "ORDER BY r.started_at DESC, r.run_id DESC LIMIT 1", {})
    else:
        given = {"word": word, "length": len(word)}
        found = _runs(session, ledger, "WHERE substr(r.run_id, 1, :length) = :word ORDER BY r.run_id", given)
    exact = [one for one in found or () if one.run_id == word]
    if found and (exact or len(found) == 1):
        one = (exact or found)[0]
        return replace(one, steps=tuple(_steps(session, ledger, one.run_id)))
    raise _unclear(word, found)


def since(session: Session, ledger: Ledger, word: str | None) -> list[tuple[PastRun, str]]:
    """Return the runs of a project that came after one, each with what it wrote down of what was there before.

    Args:
        session: outside a transaction.
        ledger: where it is.
        word: the id of a run, the beginning of one, or `latest`; None for the last run that did something: that is in
            the answer itself, with those before it that did not end, or with all that a rollback that did not end was
            to take back.

    Returns:
        The oldest first; "" for one that wrote nothing down.

    Raises:
        UsageError: when there is no such run, or several.
    """
    mine = "WHERE r.project = :project ORDER BY r.started_at, r.run_id"
    found = [one for one in _runs(session, ledger, mine, {"project": ledger.project}) or () if _did(one)]
    if word is None:
        later = _last(found)
    else:
        last = run(session, ledger, word)
        later = [one for one in found if (one.started_at, one.run_id) > (last.started_at, last.run_id)]
    kept = has_column(session, ledger, "_reconcile_run", "was")
    return [(one, _was(session, ledger, one) if kept else "") for one in later]


def _last(found: list[PastRun]) -> list[PastRun]:
    """Return the last run with those that it finished: what they left half made was never wanted.

    Where it is a rollback that did not end, return all from the first run that it takes back on.
    """
    if not found:
        raise _unclear(LATEST, ())
    last, at = found[-1], len(found) - 1
    if last.takes_back:
        first = last.takes_back[0] if last.state != "done" else last.run_id
        return found[next((place for place, one in enumerate(found) if one.run_id == first), at) :]
    while at and found[at - 1].state != "done" and not found[at - 1].takes_back:
        at -= 1
    return found[at:]


def _did(run: PastRun) -> bool:
    """Say whether a run may have changed something."""
    return run.state != "failed" or run.done > 0


def _was(session: Session, ledger: Ledger, run: PastRun) -> str:
    sql = f"SELECT was FROM {ledger.prefix}_reconcile_run WHERE run_id = :run_id"
    return str(session.query(sql, {"run_id": run.run_id})[0][0] or "")


def _unclear(word: str, found: Sequence[PastRun] | None) -> UsageError:
    if found:
        more = ", …" if len(found) > _NAMED else ""
        names = ", ".join(one.run_id for one in found[:_NAMED])
        return UsageError(f"{word!r} may be any of {len(found)} runs: {names}{more}", hint="write more of its id")
    if found is None or word == LATEST:
        return UsageError("there is no run: nothing was ever applied to this database, or its ledger was deleted")
    return UsageError(f"there is no run {word!r} in this database, and no such file",
                      hint="`reconcile history` lists the runs; a plan is shown by the name of its file")  # fmt: skip


def _runs(session: Session, ledger: Ledger, rest: str, given: Mapping[str, object]) -> list[PastRun] | None:
    table = f"{ledger.prefix}_reconcile_run"
    if query(session, f"SELECT 1 FROM {table} WHERE 1 = 0") is None:
        return None
    details = "r.details" if has_column(session, ledger, "_reconcile_run", "details") else "NULL"
    steps = f"SELECT count(*) FROM {ledger.prefix}_reconcile_step s WHERE s.run_id = r.run_id"
    rows = session.query(
        "SELECT r.run_id, r.project, r.plan_id, r.tool, r.actor, r.state, r.started_at, r.finished_at, r.error,"
        f" ({steps}), {details} FROM {table} r {rest}",
        given,
    )
    return [_run(row) for row in rows]


def _run(row: tuple[Any, ...]) -> PastRun:
    words = [str(value or "") for value in row[:9]]
    known = _read(row[10])
    total = known.get("steps")
    return PastRun(
        run_id=words[0], project=words[1], plan_id=words[2], tool=words[3], actor=words[4], state=words[5],
        started_at=words[6], finished_at=words[7], error=words[8], done=int(row[9]),
        environment=str(known.get("environment", "")), command=str(known.get("command", "")),
        total=total if isinstance(total, int) else None, statements=_sizes(known.get("statements")),
        consents=tuple(_consents(known.get("consents"))), bookmark=str(known.get("bookmark", "")),
        backup=str(known.get("backup", "")), commit=str(known.get("commit", "")),
        takes_back=_names(known.get("takes_back")),
    )  # fmt: skip


def _read(text: object) -> Mapping[str, Any]:
    """Read what is told beyond the columns; what somebody else wrote there tells nothing."""
    try:
        found = json.loads(str(text)) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sizes(found: object) -> tuple[int, ...]:
    sizes = found if isinstance(found, list) else []
    return tuple(sizes) if all(isinstance(size, int) for size in sizes) else ()


def _names(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _consents(found: object) -> list[Consent]:
    known = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [Consent(**{name: str(one.get(name, "")) for name in ("code", "address", "by")}) for one in known]


def _steps(session: Session, ledger: Ledger, run_id: str) -> list[PastStep]:
    rows = query(
        session,
        f"SELECT position, address, action, statements, affected, finished_at FROM {ledger.prefix}_reconcile_step"
        " WHERE run_id = :run_id ORDER BY position",
        {"run_id": run_id},
    )
    return [
        PastStep(position=int(str(position)), address=str(address), action=str(action), statements=str(sql),
                 rows=int(str(affected)), finished_at=str(at))
        for position, address, action, sql, affected, at in rows or ()
    ]  # fmt: skip
