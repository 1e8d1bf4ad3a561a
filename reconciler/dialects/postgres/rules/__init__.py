"""How each kind is made, changed and taken away on PostgreSQL: the table, put together from one module per family."""

from __future__ import annotations

from reconciler.dialects.postgres.rules.columns import COLUMN
from reconciler.dialects.postgres.rules.enums import ENUM
from reconciler.dialects.postgres.rules.keys import CHECK, FOREIGN_KEY, INDEX, PRIMARY_KEY, UNIQUE
from reconciler.dialects.postgres.rules.tables import SCHEMA, TABLE
from reconciler.dialects.postgres.rules.views import VIEW
from reconciler.model.ref import Kind
from reconciler.plan.rules import RuleTable

RULES: RuleTable = {
    Kind.SCHEMA: SCHEMA,
    Kind.ENUM: ENUM,
    Kind.TABLE: TABLE,
    Kind.COLUMN: COLUMN,
    Kind.PRIMARY_KEY: PRIMARY_KEY,
    Kind.UNIQUE: UNIQUE,
    Kind.CHECK: CHECK,
    Kind.FOREIGN_KEY: FOREIGN_KEY,
    Kind.INDEX: INDEX,
    Kind.VIEW: VIEW,
}
