"""Every code that a wrong spec can have, with its short title: one table for messages, documentation and tests."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    # the file
    "SPEC001": "the file cannot be read",
    "SPEC002": "the file is not UTF-8",
    "SPEC003": "the file is too large or nested too deeply",
    "SPEC004": "not valid YAML",
    "SPEC005": "no document",
    "SPEC006": "duplicate key",
    "SPEC007": "anchors, aliases, tags and merge keys are not part of the format",
    "SPEC008": "a comma split a value in two",
    "SPEC009": "a number that would not be kept as written",
    # the document
    "SPEC010": "the document does not say what it declares",
    "SPEC011": "unknown key",
    "SPEC012": "not built yet",
    "SPEC013": "wrong type of value",
    "SPEC014": "a key is missing",
    "SPEC015": "not one of the allowed values",
    "SPEC016": "keys that exclude each other",
    "SPEC017": "a name or address that cannot be read",
    "SPEC018": "the canonical form would not say the same",
    "SPEC019": "the specs cannot be edited to say it",
    # SQL and types
    "SPEC020": "unknown type",
    "SPEC021": "unbalanced parentheses",
    "SPEC022": "no SQL for this dialect",
    "SPEC023": "unknown variable",
    "SPEC024": "a quote or comment without an end",
    "SPEC025": "more than one piece of SQL",
    "SPEC026": "a comment at the end of SQL",
    "SPEC027": "not the form of a type, collation, operator, operator class or method",
    "SPEC029": "SQL that is nested too deeply",
    # what refers to what
    "SPEC030": "no such table",
    "SPEC031": "no such column",
    "SPEC032": "no such enum",
    "SPEC033": "a foreign key and its target differ in the number of columns",
    "SPEC034": "declared twice",
    "SPEC035": "two objects share a name",
    "SPEC036": "two primary keys",
    "SPEC037": "two identity columns",
    "SPEC038": "renamed_from leads in a circle",
    "SPEC039": "renamed_from names an object that is still declared",
    "SPEC040": "removed and declared",
    "SPEC041": "a schema where the dialect has none",
    "SPEC042": "a column is listed twice",
    "SPEC043": "the default schema is not declared",
    "SPEC044": "no such enum value",
    "SPEC046": "views that use each other",
    # the project file
    "SPEC050": "a password in the project file",
    "SPEC051": "an unknown or missing environment",
    "SPEC052": "the dialect cannot be told",
    "SPEC053": "two environments are the default",
    # rows
    "SPEC070": "the key of rows is no key of their table",
    "SPEC071": "a row without its key",
    "SPEC072": "two rows have one key",
    "SPEC074": "a CSV file that cannot be read",
    "SPEC075": "rows that refer to each other in a circle",
    "SPEC076": "a column of which no spec may give the values",
}
