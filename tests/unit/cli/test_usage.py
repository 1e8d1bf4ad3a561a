"""Wrong words: every way of misusing the command line ends with 64, says how to use it, and keeps the envelope."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from reconciler.cli import main
from reconciler.cli.grammar import app
from reconciler.cli.options import seconds, sink, variable
from reconciler.cli.parser import COMMANDS, WORDS, parse

MISUSES = {
    "unknown command": ["destroy"],
    "unknown option": ["plan", "--force"],
    "option before the command": ["--json", "plan"],
    "missing value": ["plan", "--url"],
    "missing option": ["import"],
    "extra argument": ["check", "production"],
    "bad duration": ["apply", "--lock-timeout", "soon"],
    "bad format": ["plan", "-o", "yaml"],
    "no file after the equals sign": ["plan", "-o", "json="],
    "two formats on stdout": ["plan", "-o", "text", "--json"],
    "bad variable": ["plan", "--var", "a"],
    "bad colour": ["plan", "--color", "pink"],
    "no such directory": ["plan", "-C", "nowhere"],
    "an empty URL": ["plan", "--url", ""],
    "an empty environment": ["apply", "-e", ""],
    "unknown action": ["lock", "steal"],
    "unknown wish of a backfill": ["backfill", "stop", "b"],
    "unknown hazard": ["plan", "--url", "sqlite:///x.db", "--allow", "XX999"],
    "no address": ["apply", "--url", "sqlite:///x.db", "--allow", "DS103:orders"],
}


@pytest.mark.parametrize("words", MISUSES.values(), ids=MISUSES.keys())
def test_misuse_is_64(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 64
    out, err = capsys.readouterr()
    assert json.loads(out)["exit_code"] == 64 if "--json" in words else out == ""
    assert err.startswith("error[")
    assert "Traceback" not in err


@pytest.mark.parametrize("form", [["--json"], ["-o", "json"], ["-ojson"], ["--output=json"]], ids=" ".join)
def test_misuse_keeps_the_envelope(form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--force", *form]) == 64
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["ok"], found["exit_code"], found["result"]) == ("plan", False, 64, None)
    assert found["diagnostics"][0]["code"] == "RUN064"


def test_no_words_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: reconcile" in err


@pytest.mark.parametrize("words", [["--help"], ["plan", "--help"], ["apply", "-h"]], ids=" ".join)
def test_help_is_a_result(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert "Usage: reconcile" in out
    assert err == ""


def test_version_is_found_as_an_option_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == main(["--version"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_only_what_is_built_is_there() -> None:
    own = {"validate", "fmt", "types", "schema", "init", "version", "explain", "lint"}
    own |= {"doctor", "lock", "diff", "drift", "graph", "maintain", "watch", "serve", "deploy", "rollback", "reset"}
    assert set(COMMANDS) == own | {
        "plan",
        "apply",
        "backup",
        "check",
        "import",
        "call",
        "backfill",
        "history",
        "show",
        "report",
        "snapshot",
    }


def test_each_command_is_where_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--help"]) == 0
    declared: dict[str, list[str]] = {}
    for one in app.registered_commands:
        declared.setdefault(str(one.callback.__module__).rpartition(".")[2], []).append(str(one.name))
    assert {module: tuple(names) for module, names in declared.items()} == WORDS


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "check"])
def test_every_command_takes_the_common_options(command: str) -> None:
    common = ["-C", ".", "-e", "x", "--url", "u", "--specs", "a", "--specs", "b", "--var", "k=v=w", "-vv", "--no-input"]
    found = parse([command, *common, "--color", "never", "-o", "text", "-o", "json=out.json"])
    assert not isinstance(found, int)
    assert (found.command, found.output.detail, found.output.no_input) == (command, 2, True)
    assert [(one.format.value, one.path and one.path.name) for one in found.output.sinks] == [
        ("text", None), ("json", "out.json"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("5m", 300), ("500ms", 0.5), ("1h", 3600), ("1.5s", 1.5), ("0s", 0)]
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1 s", "1d", "nan", "infs"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)


def test_pairs() -> None:
    assert variable("a=b=c") == ("a", "b=c")
    assert str(sink("json=a=b.json").path) == "a=b.json"


def test_no_command_loads_what_only_converts_words() -> None:
    words = ["apply", "p.json", "-C", ".", "--lock-timeout", "1s", "--var", "a=b", "-o", "json", "--color", "never"]
    script = f"import sys; from reconciler.cli.parser import parse; parse({words}); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """Start-up is kept short by importing late; an import at the top of a module would not be noticed otherwise."""
    heavy = {"rich", "sqlalchemy", "sqlglot", "jsonschema", "yaml", "tenacity", "jinja2", "starlette"}
    heavy.add("reconciler.workflow")
    script = "import sys; from reconciler.cli import main; main(['--help']); "
    script += f"sys.exit(str(sorted({heavy} & set(sys.modules)) or '') or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
