"""How each kind is made, changed and taken away on PostgreSQL: the table, put together from one module per family."""

from __future__ import annotations

from reconciler.dialects.postgres.rules.columns import COLUMN
from reconciler.dialects.postgres.rules.enums import ENUM
from reconciler.dialects.postgres.rules.keys import CHECK, EXCLUSION, FOREIGN_KEY, INDEX, PRIMARY_KEY, UNIQUE
from reconciler.dialects.postgres.rules.tables import SCHEMA, TABLE
from reconciler.dialects.postgres.rules.views import VIEW
from reconciler.model.fields import compared
from reconciler.model.objects import KINDS, Object
from reconciler.model.ref import Kind
from reconciler.plan.rules import Rules, RuleTable, Way


def _unsupported(cls: type[Object]) -> Rules:
    return Rules(create=Way.UNSUPPORTED, drop=Way.UNSUPPORTED, alter=dict.fromkeys(compared(cls), Way.UNSUPPORTED))


RULES: RuleTable = {
    Kind.SCHEMA: SCHEMA,
    **{kind: _unsupported(KINDS[kind]) for kind in (Kind.EXTENSION, Kind.DOMAIN, Kind.SEQUENCE, Kind.OWNED_BY)},
    Kind.ENUM: ENUM,
    Kind.TABLE: TABLE,
    Kind.COLUMN: COLUMN,
    Kind.PRIMARY_KEY: PRIMARY_KEY,
    Kind.UNIQUE: UNIQUE,
    Kind.CHECK: CHECK,
    Kind.EXCLUSION: EXCLUSION,
    Kind.FOREIGN_KEY: FOREIGN_KEY,
    Kind.INDEX: INDEX,
    Kind.VIEW: VIEW,
}
