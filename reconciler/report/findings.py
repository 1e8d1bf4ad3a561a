"""Problems in, the forms that forges and build servers read out: annotations, SARIF, JUnit, code quality.

All of it may hold names that somebody made up to be read as something else: each form has its own escaping.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from reconciler import __version__
from reconciler.errors import Position, Problem
from reconciler.frozen import frozen
from reconciler.report.pages import Page, pages
from reconciler.report.problems import safe
from reconciler.report.scrub import scrubbed

# Where a forge wants a file and a problem has none.
_NOWHERE = "reconcile.yaml"
_RANKS = {"error": 0, "warning": 1, "info": 2}


@frozen
class Findings:
    """What a command found: problems of any severity, and the names of what was asked and is well."""

    command: str
    problems: tuple[Problem, ...]
    passed: tuple[str, ...] = ()


def _ranked(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: _RANKS[problem.severity])


def _words(problem: Problem) -> str:
    """Return what a problem says, lines ended by a line feed, without what could move a cursor or is a password."""
    lines = [*problem.message.split("\n"), *(problem.hint.split("\n") if problem.hint else [])]
    return scrubbed("\n".join(safe(line.rstrip("\r")) for line in lines))


def _title(code: str) -> str:
    page = pages().get(code)
    return f"{code} {page.title}" if page else code


# --- GitHub's workflow commands ---------------------------------------------------------------------------------------
# docs.github.com/en/actions/reference/workflow-commands-for-github-actions; how values are escaped is said by
# github.com/actions/toolkit, packages/core/src/command.ts.

_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "notice"}


def github(found: Findings) -> str:
    """Return a line for each problem that annotates a change request, the gravest first: few of them are shown."""
    return "".join(f"{_annotation(problem)}\n" for problem in _ranked(found.problems))


def _annotation(problem: Problem) -> str:
    values: dict[str, object] = {}
    if problem.position is not None:
        at = problem.position
        values = {"file": at.file, "line": at.line, "endLine": at.line, "col": at.column, "endColumn": _end(at)}
    values["title"] = _title(problem.code)
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in values.items())
    return f"::{_LEVELS[problem.severity]} {shown}::{_data(_words(problem))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _end(at: Position) -> int:
    return max(at.end_column, at.column + 1)


# --- SARIF ------------------------------------------------------------------------------------------------------------
# docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "note"}


def sarif(found: Findings) -> str:
    """Return a log of one run with a rule for each code that was found, and its page."""
    problems = _ranked(found.problems)
    codes = sorted({problem.code for problem in problems})
    prints = _fingerprints(problems)
    run = {
        "tool": {"driver": {"name": "reconcile", "version": __version__, "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"reconcile/{found.command}/"},
        "results": [
            _result(problem, codes.index(problem.code), mark) for problem, mark in zip(problems, prints, strict=True)
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    page = pages().get(code, Page(code=code, title=code, text=code, allow=""))
    return {
        "id": code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.summary},
        "help": {"text": page.whole.replace("**", ""), "markdown": page.whole},
    }


def _result(problem: Problem, rule: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code, "ruleIndex": rule, "level": _SARIF[problem.severity],
        "message": {"text": _words(problem)}, "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }  # fmt: skip
    location = _location(problem.position) if problem.position else {}
    if problem.address:
        location["logicalLocations"] = [{"fullyQualifiedName": safe(problem.address)}]
    if location:
        result["locations"] = [location]
    if problem.also:
        result["relatedLocations"] = [_location(place) for place in problem.also]
    return result


def _location(at: Position) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(at.file)},
            "region": {
                "startLine": at.line, "startColumn": at.column, "endLine": at.line, "endColumn": _end(at),
            },
        }
    }  # fmt: skip


def _uri(file: str) -> str:
    path = quote(file, errors="surrogateescape")
    # A first part with a colon would be read as a scheme (RFC 3986, section 4.2); quote() has taken it away.
    return f"file://{path}" if file.startswith("/") else path


def _fingerprints(problems: Sequence[Problem]) -> list[str]:
    """Return a word for each problem that stays when lines move: of its code and address, and of which it is there."""
    times: Counter[tuple[str, str, str]] = Counter()
    found = []
    for problem in problems:
        key = problem.code, problem.address, "" if problem.address else f"{_file(problem)} {problem.message}"
        times[key] += 1
        text = "\0".join((*key, str(times[key])))
        found.append(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32])
    return found


def _file(problem: Problem) -> str:
    return problem.position.file if problem.position else ""


# --- JUnit ------------------------------------------------------------------------------------------------------------


def junit(found: Findings) -> str:
    """Return a suite with a case for each problem and each thing that is well; a warning is a case that passes."""
    cases = [_case(found, problem) for problem in _ranked(found.problems)]
    cases += [_named(found, name) for name in found.passed or ([] if cases else [found.command])]
    counts = {
        "tests": str(len(cases)), "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }  # fmt: skip
    name = f"reconcile {found.command}"
    suites = ElementTree.Element("testsuites", {"name": name, **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": name, **counts})
    suite.extend(cases)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _named(found: Findings, name: str, file: str = "") -> ElementTree.Element:
    values = {"name": _xml(name), "classname": f"reconcile.{found.command}"}
    return ElementTree.Element("testcase", {**values, "file": _xml(file)} if file else values)


def _case(found: Findings, problem: Problem) -> ElementTree.Element:
    place = str(problem.position) if problem.position else problem.address
    case = _named(found, f"{problem.code} {problem.address or place}".strip(), _file(problem))
    text = "\n".join(part for part in (place, _words(problem)) if part)
    if problem.severity != "error":
        ElementTree.SubElement(case, "system-out").text = _xml(f"{problem.severity}: {text}")
        return case
    tag = "error" if problem.code.startswith("RUN") and problem.code != "RUN023" else "failure"
    attributes = {"type": problem.code, "message": _xml(problem.message.partition("\n")[0])}
    ElementTree.SubElement(case, tag, attributes).text = _xml(text)
    return case


def _xml(text: str) -> str:
    """Return a text of characters that XML 1.0 may hold (www.w3.org/TR/xml, production 2)."""
    shown = "\n".join(safe(line) for line in text.split("\n"))
    return _NOT_IN_XML.sub("\ufffd", shown)


_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


# --- GitLab's code quality --------------------------------------------------------------------------------------------
# docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format

_GITLAB: Mapping[str, str] = {"error": "critical", "warning": "minor", "info": "info"}


def gitlab(found: Findings) -> str:
    """Return the report that a merge request shows; it wants a place for each, so what has none is put at the top."""
    problems = _ranked(found.problems)
    data = [
        {
            "description": f"{problem.code}: {_words(problem)}",
            "check_name": problem.code,
            "fingerprint": fingerprint,
            "severity": _GITLAB[problem.severity],
            "location": {
                "path": _file(problem) or _NOWHERE,
                "lines": {"begin": problem.position.line if problem.position else 1},
            },
        }
        for problem, fingerprint in zip(problems, _fingerprints(problems), strict=True)
    ]
    return json.dumps(data, indent=2) + "\n"


FORMS: Mapping[str, Callable[[Findings], str]] = {"github": github, "sarif": sarif, "junit": junit, "gitlab": gitlab}
