"""Views that use each other are an error of the specs, with the place of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import SpecError, workflow

TABLE = "table: t\ncolumns: {id: {type: int, identity: true}, a: {type: int}}\nprimary_key: [id]\n"


def view(name: str, query: str) -> str:
    return f"view: {name}\nquery: {query}\n"


def problems(folder: Path, *documents: str) -> list[tuple[str, str, int, list[int]]]:
    (folder / "reconcile.yaml").write_text("reconcile: 1\nproject: p\ndialects: [sqlite, postgres]\n")
    (folder / "spec.yaml").write_text("---\n".join([TABLE, *documents]))
    try:
        workflow.validate(workflow.Request(directory=folder))
    except SpecError as error:
        return [
            (found.code, found.message, found.position.line if found.position else 0, [at.line for at in found.also])
            for found in error.problems()
        ]
    return []


@pytest.mark.parametrize("names", [("a", "b"), ("B", "a"), ("x y", "z")])
def test_a_circle_of_two_shows_both_places(tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = names
    found = problems(tmp_path, view(first, f'select id from "{second}"'), view(second, f'select id from "{first}"'))
    ((code, message, line, also),) = {(code, message, line, tuple(also)) for code, message, line, also in found}
    assert code == "SPEC046"
    assert message.startswith("views use each other: view.")
    assert sorted([line, *also]) == [5, 8]


def test_every_circle_is_told(tmp_path: Path) -> None:
    found = problems(
        tmp_path, view("a", "select id from b"), view("b", "select id from c"), view("c", "select id from a"),
        view("d", "select id from e"), view("e", "select id from d"), view("f", "select id from a"),
    )  # fmt: skip
    assert {message.count("→") for _, message, _, _ in found} == {2, 3}


def test_a_column_named_like_a_view_is_no_circle(tmp_path: Path) -> None:
    assert problems(tmp_path, view("a", "select id, a as b from t"), view("b", "select id, b as x from a")) == []
