"""A target in, an empty database on the same server out, and gone again: plans and files of SQL are tried there.

Its name follows from the target's, so what a killed run left behind is found and dropped by the next one. A named lock,
which ends with its connection, keeps two of them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.dialects.base import DatabaseError, Scratch, Session, Target
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.session import connect, driver_url
from reconciler.errors import LockTaken, TargetError
from reconciler.model.names import helper_name

if TYPE_CHECKING:
    from reconciler.dialects.base import Dialect

_DATABASE = "SELECT database(), @@character_set_database, @@collation_database, current_user()"
# ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR.
_DENIED = frozenset({"1044", "1142", "1227"})
# What is raised where an account may make no database: given its name, the account, and what the server says.
Denied = Callable[[str, str, str], TargetError]


@contextmanager
def scratch(dialect: Dialect, session: Session, target: Target) -> Iterator[Scratch]:
    """Give an empty database with the target's character set.

    Raises TargetError where there may be none, LockTaken when another one at work takes too long.
    """

    def denied(name: str, user: str, said: str) -> TargetError:
        account = "@".join(quoted(part) for part in user.rsplit("@", 1))
        hint = f"GRANT ALL ON {quoted(name)}.* TO {account}, or go without --rehearse"
        return TargetError("the plan cannot be rehearsed: that takes the right to make a database", hint=hint)

    with beside(target, "rehearsal", denied) as place, closing(connect(place)) as opened:
        yield Scratch(dialect=dialect, session=opened, target=place, filled=False)


@contextmanager
def beside(target: Target, purpose: str, denied: Denied) -> Iterator[Target]:
    """Make an empty database on the target's server, and drop it whatever happens.

    Args:
        target: beside which; nothing of it is touched.
        purpose: a word of its name.
        denied: what to raise where the account may make none; given its name, the account, what the server says.

    Raises:
        LockTaken: when another one at work on the same takes too long.
    """
    with closing(connect(replace(target, access="write"))) as admin:
        database, charset, collation, user = map(str, admin.query(_DATABASE)[0])
        name = helper_name(database, purpose)
        if admin.query("SELECT get_lock(:name, :patience)", {"name": name, "patience": target.patience})[0][0] != 1:
            message = "another run is at work on a scratch database of this one"
            raise LockTaken(message, hint="wait for it, or raise --lock-timeout")
        try:
            admin.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
            admin.execute(f"CREATE DATABASE {quoted(name)} CHARACTER SET {charset} COLLATE {collation}")
        except DatabaseError as error:
            raise error if error.code not in _DENIED else denied(name, user, error.message) from None
        try:
            yield _at(target, name)
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")


def _at(target: Target, name: str) -> Target:
    url = driver_url(target.url).set(database=name).render_as_string(hide_password=False)
    return replace(target, url=url, access="write")
