"""How each kind is made, changed and taken away on PostgreSQL: the table, put together from one module per family."""

from __future__ import annotations

from reconciler.dialects.postgres.rules.columns import COLUMN
from reconciler.dialects.postgres.rules.domains import DOMAIN
from reconciler.dialects.postgres.rules.enums import ENUM
from reconciler.dialects.postgres.rules.extensions import EXTENSION
from reconciler.dialects.postgres.rules.keys import CHECK, EXCLUSION, FOREIGN_KEY, INDEX, PRIMARY_KEY, UNIQUE
from reconciler.dialects.postgres.rules.routines import FUNCTION, PROCEDURE
from reconciler.dialects.postgres.rules.sequences import OWNED_BY, SEQUENCE
from reconciler.dialects.postgres.rules.tables import SCHEMA, TABLE
from reconciler.dialects.postgres.rules.triggers import TRIGGER
from reconciler.dialects.postgres.rules.views import VIEW
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.ref import Kind
from reconciler.plan.rules import Rules, RuleTable, Way


def _absent(kind: Kind, hint: str) -> Rules:
    return Rules(
        create=Way.UNSUPPORTED, drop=Way.UNSUPPORTED, alter=dict.fromkeys(compared(KINDS[kind]), Way.UNSUPPORTED),
        hint=hint,
    )  # fmt: skip


RULES: RuleTable = {
    Kind.EVENT: _absent(Kind.EVENT, "PostgreSQL has no events: only: [mysql, mariadb]"),
    Kind.SCHEMA: SCHEMA,
    Kind.EXTENSION: EXTENSION,
    Kind.ENUM: ENUM,
    Kind.DOMAIN: DOMAIN,
    Kind.SEQUENCE: SEQUENCE,
    Kind.OWNED_BY: OWNED_BY,
    Kind.TABLE: TABLE,
    Kind.COLUMN: COLUMN,
    Kind.PRIMARY_KEY: PRIMARY_KEY,
    Kind.UNIQUE: UNIQUE,
    Kind.CHECK: CHECK,
    Kind.EXCLUSION: EXCLUSION,
    Kind.FOREIGN_KEY: FOREIGN_KEY,
    Kind.INDEX: INDEX,
    Kind.TRIGGER: TRIGGER,
    Kind.VIEW: VIEW,
    Kind.FUNCTION: FUNCTION,
    Kind.PROCEDURE: PROCEDURE,
}
