"""A value that a type change would cut, round or refuse is counted before; one that fits is not."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.narrowing import by_server, by_shape, narrowing
from reconciler.dialects.postgres.session import features
from reconciler.dialects.postgres.types import canonical_type
from reconciler.model.types import Type
from tests.conformance.postgres.driver import connected, on
from tests.target import Target

# old type, new type, values that fit, values that do not
CASES = [
    ("varchar(5)", "varchar(3)", ["abc", ""], ["abcd"]),
    ("text", "char(2)", ["ab"], ["abc"]),
    ("int", "varchar(2)", ["12"], ["123"]),
    ("bigint", "int", ["2147483647", "-2147483648"], ["2147483648"]),
    ("int", "smallint", ["32767"], ["-32769"]),
    ("numeric", "int", ["7", "-7.0"], ["7.5", "3000000000"]),
    ("numeric(12,4)", "numeric(10,2)", ["1.5", "99999999.99"], ["1.555"]),
    ("numeric", "numeric(4,2)", ["99.99"], ["100", "0.001"]),
    ("int", "numeric(3,1)", ["99"], ["100"]),
    ("double precision", "int", ["7"], ["7.5", "1e12"]),
    ("double precision", "real", ["0.5", "Infinity"], ["0.1", "1e300"]),
    ("bigint", "double precision", ["9007199254740992"], ["9007199254740993"]),
    ("int", "real", ["16777216"], ["16777217"]),
    ("int", "boolean", ["0", "1"], ["2"]),
    ("bigint", "real", ["16777216"], ["16777217"]),
    ("numeric", "double precision", ["0.1", "9007199254740992", "NaN"], ["9007199254740993", "0.12345678901234567890"]),
    ("numeric", "double precision", ["1e300", "-1e300"], ["1e309", "-1e400", "1e-400"]),
    ("numeric", "real", ["0.1", "1e30"], ["1e39", "16777217", "1e-60"]),
    ("text", "int", ["7", "-7", "0"], ["x", "3000000000", "7.5", "", "007", " 7", "7 ", "+7", "-0", "1e3", "1_000"]),
    ("varchar(9)", "bigint", ["7", "-10"], ["x", "007", "00"]),
    ("char(4)", "smallint", ["7", "1234"], ["007", "x"]),
    ("text", "numeric(4,1)", ["7.5", "7", "7.0", "-99.9"], ["x", "07.5", "7.55", "1000.5", "7.", ".5", "1e1"]),
    ("text", "numeric", ["7.50", "0.1", "-1"], ["x", "007", "1e3", "+1", " 1"]),
    ("text", "double precision", ["7.5", "100000000000000000", "0.1"], ["x", "1.10", "9007199254740993", "07"]),
    ("text", "real", ["7.5", "16777216"], ["16777217", "0.123456789", "07", "1" + "0" * 40]),
    ("text", "uuid", ["5b30857f-0bfa-48b5-ac0b-5c64e28078d1"], ["x", "5b30857f"]),
    ("text", "boolean", ["yes", "0"], ["maybe"]),
    ("text", "date", ["2020-01-31"], ["x"]),
    ("timestamp", "date", ["2020-01-01"], ["2020-01-01 10:00"]),
    ("timestamptz", "date", ["2020-01-01"], ["2020-01-01 10:00"]),
    ("timestamp", "timestamp(0)", ["2020-01-01 10:00:01"], ["2020-01-01 10:00:01.5"]),
    ("timestamp", "time", [], ["2020-01-01"]),
]
HARMLESS = [
    ("int", "bigint"), ("smallint", "numeric"), ("varchar(5)", "varchar(9)"), ("varchar(5)", "text"), ("json", "jsonb"),
    ("numeric(10,2)", "numeric(12,2)"), ("numeric(10,2)", "numeric(14,4)"), ("real", "double precision"),
    ("int", "double precision"), ("smallint", "real"), ("bigserial", "bigint"), ("boolean", "int"), ("uuid", "text"),
    ("date", "timestamp"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fits", "breaks"), CASES)
@pytest.mark.parametrize("way", ["server", "shape"])
def test_offenders_are_counted(
    shared_pg: Target, old: str, new: str, fits: list[str], breaks: list[str], way: str
) -> None:
    with connected(on(shared_pg.url)) as session:
        if way == "server" and "input_is_valid" not in features(session):
            pytest.skip("pg_input_is_valid is of 16")
        reads = by_server if way == "server" else by_shape
        types = [Type(canonical_type(words), native=True) for words in (old, new)]
        predicate = narrowing(reads)(types[0], types[1], '"c"')
        assert predicate is not None
        session.execute(f"create temp table t (c {old})")
        for value in [*fits, *breaks]:
            session.execute("delete from t")
            session.execute(f"insert into t values ('{value}'), (null)")
            assert session.query(f"select count(*) from t where {predicate}") == [(int(value in breaks),)], value


@pytest.mark.parametrize(("old", "new"), HARMLESS)
def test_what_only_widens_is_not_asked(old: str, new: str) -> None:
    types = [Type(canonical_type(words), native=True) for words in (old, new)]
    for reads in (by_server, by_shape):
        assert narrowing(reads)(types[0], types[1], '"c"') is None
