"""A PostgreSQL database in, what pg_dump says of it out, entry by entry, to be compared; nothing of ours is asked.

An entry is what pg_dump writes under one heading: `-- Name: orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -`.
The order of a table's columns does not count, because no change ever makes one.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.engines import EngineMissingError, client_program

_HEADING = re.compile(r"^--\n-- (?:Data for )?Name: (.*); Type: (.*); Schema: (.*); Owner: .*\n--\n", re.MULTILINE)
_NAME = r'(?:"(?:[^"]|"")+"|[^\s".(]+)'
# Where an entry says which relation it is about: ALTER TABLE ONLY a.b, CREATE INDEX … ON a.b, COMMENT ON COLUMN a.b.c.
_HOLDER = re.compile(rf"\b(?:TABLE|ON|COLUMN|ONLY|OWNED BY)\s+({_NAME})\.({_NAME})")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a dump: `type` is pg_dump's word, `schema` is "" for what stands in none.

    `holder` is the relation that the entry is about, "" when it is about none or is one itself.
    """

    name: str
    type: str
    schema: str
    text: str
    holder: str = ""

    @property
    def title(self) -> str:
        """Return what the entry is called in a comparison; a dump has each title once."""
        return f"{self.type} {self.schema}.{self.name}" if self.schema else f"{self.type} {self.name}"


def entries(url: str) -> list[Entry]:
    """Return what pg_dump writes about a database's schema, in its order; the ledger is left out."""
    return _with_holders(list(_entries(dump(url))))


def dump(url: str) -> str:
    """Return the SQL that pg_dump writes."""
    command = [client_program("pg_dump"), "--schema-only", "--no-owner", "--exclude-table", "*._reconcile_*"]
    done = subprocess.run([*command, "--dbname", url], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineMissingError(f"pg_dump failed: {done.stderr}")
    return done.stdout


def restore(url: str, sql: str) -> None:
    """Run SQL with psql; what cannot be made is left out."""
    command = [client_program("psql"), "--no-psqlrc", "--quiet", "--dbname", url]
    subprocess.run(command, input=sql, capture_output=True, text=True, check=False)


# What pg_dump starts a text with that is about no other relation.
_ALONE = re.compile(r"CREATE (?!.*\b(?:INDEX|TRIGGER|RULE|POLICY)\b)")


def _with_holders(found: list[Entry]) -> list[Entry]:
    """Say of each entry about which relation it is; a sequence belongs to the table of the column that owns it."""
    found = [replace(entry, holder=_held_by(entry.text)) for entry in found]
    owners = {(entry.schema, entry.name): entry.holder for entry in found if entry.type == "SEQUENCE OWNED BY"}
    return [
        replace(entry, holder=owners[entry.schema, entry.name])
        if entry.type == "SEQUENCE" and (entry.schema, entry.name) in owners
        else entry
        for entry in found
    ]


def _held_by(text: str) -> str:
    found = None if _ALONE.match(text) else _HOLDER.search(text)
    return _unquoted(found.group(2)) if found else ""


def facts(found: list[Entry]) -> Mapping[str, str]:
    """Return the entries by title, each in a form in which the order of columns does not count."""
    return {entry.title: _canonical(entry) for entry in found}


def _entries(dump: str) -> Iterator[Entry]:
    end = dump.find("--\n-- PostgreSQL database dump complete")
    headings = list(_HEADING.finditer(dump))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        text = _SETTING.sub("", dump[heading.end() : following.start() if following else end]).strip()
        name, type_, schema = heading.groups()
        if not _EMPTY.fullmatch(text):
            yield Entry(name, type_, _schema(name, type_, schema, text), text)


# What pg_dump sets between entries.
_SETTING = re.compile(r"^SET default_\w+ = .*;$", re.MULTILINE)
# A remark instead of a statement: a schema that is there anyway.
_EMPTY = re.compile(r"(?:--.*\n?)*")
_EXTENSION_SCHEMA = re.compile(rf"WITH SCHEMA ({_NAME})")


def _schema(name: str, type_: str, schema: str, text: str) -> str:
    """Return the schema that an entry is in; pg_dump gives none to extensions and to schemas themselves."""
    if type_ == "SCHEMA":
        return name
    found = _EXTENSION_SCHEMA.search(text) if type_ == "EXTENSION" else None
    return _unquoted(found.group(1).rstrip(";")) if found else "" if schema == "-" else schema


# A default of NULL is no default, and the name that a NOT NULL has since PostgreSQL 18 says nothing.
_NOTHING = re.compile(rf" DEFAULT NULL::[^']+?(?=,?$| NOT NULL,?$)| CONSTRAINT {_NAME}(?= NOT NULL,?$)")
# A number is the same one in quotes.
_QUOTED_NUMBER = re.compile(
    r"(?<= DEFAULT )'(-?[0-9.]+)'::(?:smallint|integer|bigint|numeric|real|double precision)(?=,?$| NOT NULL,?$)"
)


# What a body stands between; blanks at the ends of its lines say nothing, whichever language it is in.
_QUOTE = re.compile(r"(?<=AS )(\$\w*\$)(.*)\1(?=;$)", re.DOTALL)


def _canonical(entry: Entry) -> str:
    if entry.type in ("FUNCTION", "PROCEDURE"):
        return _QUOTE.sub(lambda found: f"{_lines(found.group(2))}", entry.text)
    if entry.type != "TABLE":
        return entry.text
    head, opening, rest = entry.text.partition("(\n")
    body, closing, tail = rest.rpartition("\n)")
    lines = sorted(map(_plain, body.splitlines()))
    return "\n".join([head + opening, *lines, closing + tail])


# A text is the same one whichever of these it is called.
_CALLED_TEXT = re.compile(r"(?<= DEFAULT )('(?:[^']|'')*')::(?:text|character varying)(?=,?$| NOT NULL,?$)")


def _lines(body: str) -> str:
    return "\n".join(line.strip() for line in body.splitlines() if line.strip())


def _plain(line: str) -> str:
    line = _CALLED_TEXT.sub(r"\1", line)
    number = _QUOTED_NUMBER.sub(lambda found: _number(found.group(1)), line)
    return _NOTHING.sub("", number).rstrip(",")


def _number(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
