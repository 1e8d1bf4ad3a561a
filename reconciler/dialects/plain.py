"""A condition that is nothing but names held against constants in; its spelling and its names out, without a parser.

Most checks and conditions of indexes are such, and a project has thousands of them. They read the same in every family,
so that this form is recognised by a few patterns; whatever else a text says, `plain` knows nothing of it. What comes
out is to the letter what sqlglot would write (tests/unit/dialects/test_plain.py).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

_WORD = r"[A-Za-z_][A-Za-z0-9_]*+"
_NAME = rf"(?!(?:and|or|in|between|is|null)(?![A-Za-z0-9_])){_WORD}"
# Characters that no family escapes; a number is not followed by a letter or a second point.
_CONSTANT = r"(?:-?[0-9]++(?:\.[0-9]++)?(?![A-Za-z0-9_.$])|'[ -&(-\[\]-~]*+'(?!'))"
_VALUE = rf"(?:{_NAME}|{_CONSTANT})"
_COMPARED = rf"{_NAME}\s*+(?:=|<>|!=|<=|>=|<|>)\s*+{_VALUE}"
_LISTED = rf"{_NAME}\s++in\s*+\(\s*+{_CONSTANT}(?:\s*+,\s*+{_CONSTANT})*+\s*+\)"
_RANGED = rf"{_NAME}\s++between\s++{_CONSTANT}\s++and\s++{_CONSTANT}"
_TERM = rf"(?:{_LISTED}|{_RANGED}|{_NAME}\s++is\s++null(?![A-Za-z0-9_$])|{_COMPARED})"
_CONDITION = rf"{_TERM}(?:\s++(?:and|or)\s++{_TERM})*+"
_SOLE = re.compile(rf"{_CONSTANT}|(?:current_(?:timestamp|date|time)|null|true|false)", re.IGNORECASE | re.ASCII)
_TOKEN = re.compile(rf"({_WORD})|{_CONSTANT}|[<>!=]++|[(),]", re.ASCII)

# Words that are more than a name to one family or another, and to sqlglot, which is slow to import and not asked here
# (tests/unit/dialects/test_plain.py holds them together).
KNOWN = frozenset(
    """
    ALL ALTER ANALYZE AND ANTI ANY APPLY ARRAY AS ASC ASOF ATTACH AUTOINCREMENT AUTO_INCREMENT BEGIN BETWEEN
    BIGDECIMAL BIGINT BIGNUM BIGNUMERIC BIGSERIAL BINARY BIT BLOB BOOL BOOLEAN BPCHAR BY BYTE BYTEA CACHE CALL
    CASE CHAR CHARACTER CHARSET CLOB CLUSTER COLLATE COLUMN COMMENT COMMIT CONNECT CONNECT_BY_ROOT CONSTRAINT
    COPY CREATE CROSS CSTRING CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_DATETIME CURRENT_ROLE CURRENT_SCHEMA
    CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DATE DATEMULTIRANGE DATERANGE DATETIME DEC DECFLOAT
    DECIMAL DECIMAL128 DECIMAL256 DECIMAL32 DECIMAL64 DECLARE DEFAULT DELETE DESC DESCRIBE DETACH DISTINCT
    DISTINCTROW DISTRIBUTE DIV DO DOUBLE DROP ELSE END ENUM ESCAPE EXCEPT EXEC EXECUTE EXISTS EXPLAIN FALSE
    FETCH FILE FILTER FIRST FIXED FLOAT FLOAT4 FLOAT8 FOR FORCE FOREIGN FORMAT FROM FULL FUNCTION GEOGRAPHY
    GEOMETRY GLOB GRANT GROUP GROUPING HAVING HSTORE HUGEINT IF IGNORE ILIKE IN INDEX INDEXED INET INNER INOUT
    INSERT INT INT1 INT128 INT16 INT2 INT256 INT32 INT4 INT4MULTIRANGE INT4RANGE INT64 INT8 INT8MULTIRANGE
    INT8RANGE INTEGER INTERSECT INTERVAL INTO IS ISNULL JOIN JSON JSONB KEEP KEY KILL LATERAL LEFT LIKE LIMIT
    LIST LOAD LOCALTIME LOCALTIMESTAMP LOCK LONG LONGBLOB LONGTEXT LONGVARCHAR MAP MATCH MEDIUMBLOB MEDIUMINT
    MEDIUMTEXT MEMBER MERGE MOD MONEY NAME NAMESPACE NATURAL NCHAR NEXT NOT NOTNULL NULL NULLABLE NUMBER NUMERIC
    NUMMULTIRANGE NUMRANGE NVARCHAR NVARCHAR2 OBJECT OF OFFSET OID ON ONLY OPERATOR OPTIMIZE OR ORDER ORDINALITY
    OUT OUTER OVER OVERLAPS OVERWRITE PARTITION PARTITIONED PARTITIONED_BY PERCENT PIVOT POINT PRAGMA PRECISION
    PREPARE PRIMARY PROCEDURE QUALIFY RANGE REAL RECURSIVE REF REFERENCES REFRESH REGCLASS REGCOLLATION
    REGCONFIG REGDICTIONARY REGEXP REGNAMESPACE REGOPER REGOPERATOR REGPROC REGPROCEDURE REGROLE REGTYPE REINDEX
    RENAME REPLACE RESET RETURNING REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS SCHEMA SECURITY SELECT SEMI
    SEPARATOR SEQUENCE SERIAL SESSION SESSION_USER SET SETS SETTINGS SHORT SHOW SIGNED SIMILAR SMALLINT
    SMALLSERIAL SOME SORT SQL START STR STRAIGHT_JOIN STRING STRUCT TABLE TABLES TABLESAMPLE TEMP TEMPORARY TEXT
    THEN TIME TIMESTAMP TIMESTAMPLTZ TIMESTAMPNTZ TIMESTAMPTZ TIMESTAMP_LTZ TIMESTAMP_NTZ TIMETZ TIME_NS
    TINYBLOB TINYINT TINYTEXT TO TRIGGER TRUE TRUNCATE TSMULTIRANGE TSRANGE TSTZMULTIRANGE TSTZRANGE TYPE
    UHUGEINT UINT UINT128 UINT256 UNCACHE UNION UNIQUE UNKNOWN UNLOCK UNNEST UNPIVOT UNSIGNED UPDATE USE USER
    USING UUID VACUUM VALUES VARBINARY VARCHAR VARCHAR2 VARIADIC VARIANT VARYING VECTOR VIEW VOLATILE WHEN WHERE
    WINDOW WITH XML XOR YEAR _ARMSCII8 _ASCII _BIG5 _BINARY _CP1250 _CP1251 _CP1256 _CP1257 _CP850 _CP852 _CP866
    _CP932 _DEC8 _EUCJPMS _EUCKR _GB18030 _GB2312 _GBK _GEOSTD8 _GREEK _HEBREW _HP8 _KEYBCS2 _KOI8R _KOI8U
    _LATIN1 _LATIN2 _LATIN5 _LATIN7 _MACCE _MACROMAN _SJIS _SWE7 _TIS620 _UCS2 _UJIS _UTF16 _UTF16LE _UTF32
    _UTF8 _UTF8MB3 _UTF8MB4
    """.split()
)
_OURS = frozenset({"AND", "OR", "IN", "BETWEEN", "IS", "NULL"})
# What stands between two tokens, unless one of these says otherwise.
_TIGHT_BEFORE, _TIGHT_AFTER = frozenset(",)"), frozenset("(")


class Plain(NamedTuple):
    """A plain condition: its text as every family writes it, and the names in it."""

    text: str
    names: frozenset[str]


@cache
def _condition() -> re.Pattern[str]:
    """Return the largest of the patterns, which takes long to compile, and which many projects have no text for."""
    return re.compile(_CONDITION, re.IGNORECASE | re.ASCII)


def names_nothing(text: str) -> bool:
    """Say whether a text is one constant, or one of the words that most defaults are; False where that takes more."""
    return bool(_SOLE.fullmatch(text))


@lru_cache(maxsize=65536)
def plain(text: str) -> Plain | None:
    """Return what a condition says, or None when only a parser can tell."""
    if not _condition().fullmatch(text):
        return None
    pieces: list[str] = []
    names: set[str] = set()
    before = "("
    for found in _TOKEN.finditer(text):
        token = found.group()
        if found.group(1):
            word = token.upper()
            if word in _OURS:
                token = word
            elif word in KNOWN:
                return None
            else:
                names.add(token)
        elif token == "!=":
            token = "<>"
        if before not in _TIGHT_AFTER and token not in _TIGHT_BEFORE:
            pieces.append(" ")
        pieces.append(token)
        before = token
    return Plain("".join(pieces), frozenset(names))
