"""Texts on a shelf: they come back, a few beside many, and what cannot be relied on is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.spec import cache
from reconciler.spec.cache import Shelf


def shelf(tmp_path: Path) -> Shelf:
    found = cache.shelf(tmp_path, {cache.VARIABLE: str(tmp_path / "cache")})
    assert found is not None
    return found


def kept_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache/specs").iterdir())


def test_texts_come_back_and_those_out_of_use_go_first(tmp_path: Path) -> None:
    place = shelf(tmp_path)
    assert place.texts("a") == {}
    place.keep("a", {"one": "1\n{}", "two": "é\t2"})
    place.keep("b", {"three": "3"})
    assert shelf(tmp_path).texts("a") == {"one": "1\n{}", "two": "é\t2"}
    place.keep("a", {"four": "4", "two": "2"})
    assert place.texts("a") == {"four": "4", "two": "2", "one": "1\n{}"}
    place.keep("a", {"five": "5"})
    assert place.texts("a") == {"five": "5", "four": "4"}
    assert Shelf(place.folder, "another").texts("a") == {}


def test_a_few_texts_are_kept_beside_many_until_they_are_many(tmp_path: Path) -> None:
    place = shelf(tmp_path)
    many = {f"m{number}": str(number) for number in range(40)}
    place.keep("a", many)
    (large,) = kept_files(tmp_path)
    before = large.read_bytes()
    for number in range(5):
        place.keep("a", {f"n{number}": "new"}, many.keys())
        assert place.texts("a") == many | {f"n{one}": "new" for one in range(number + 1)}
        assert (large.read_bytes(), len(kept_files(tmp_path))) == (before, 2)
    place.keep("a", {"n5": "new", "m1": "1"}, {"m2", "m3", "n0"})
    assert kept_files(tmp_path) == [large]
    assert set(list(place.texts("a"))[:5]) == {"m1", "m2", "m3", "n0", "n5"}
    assert len(place.texts("a")) == 10


def test_another_version_reads_nothing_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = shelf(tmp_path)
    place.keep("a", {"one": "1"})
    monkeypatch.setattr(cache, "_maker", lambda: "another")
    assert place.texts("a") == {}


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are POSIX's")
def test_what_others_may_write_to_is_not_read(tmp_path: Path) -> None:
    place = shelf(tmp_path)
    place.keep("a", {"one": "1"})
    (path,) = kept_files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o622)
    assert place.texts("a") == {}
    path.chmod(0o600)
    assert place.texts("a") == {"one": "1"}
    target = path.rename(tmp_path / "elsewhere")
    path.symlink_to(target)
    assert place.texts("a") == {}
    path.parent.chmod(0o777)
    assert cache.shelf(tmp_path, {cache.VARIABLE: str(tmp_path / "cache")}) is None


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", "false"])
def test_it_can_be_switched_off(tmp_path: Path, word: str) -> None:
    assert cache.shelf(tmp_path, {cache.VARIABLE: word}) is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert cache.shelf(tmp_path, {cache.VARIABLE: str(tmp_path / "file")}) is None
    place = Shelf(tmp_path / "gone", "x")
    place.keep("a", {"one": "1"})
    assert place.texts("a") == {}


def test_the_number_of_files_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_FILES", 3)
    place = shelf(tmp_path)
    for number, name in enumerate("abcde"):
        place.keep(name, {"one": name})
        os.utime(place._path(name, cache._MOST), (number, number))
    place.keep("f", {"one": "f"})
    assert [name for name in "abcdef" if place.texts(name)] == ["d", "e", "f"]
