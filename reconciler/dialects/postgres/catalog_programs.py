"""The catalog queries for triggers and routines, as text; bulk, never per object, and they know no model.

Each takes `:namespaces`, an array of schema oids, as those of `catalog` do.
"""

from __future__ import annotations

from reconciler.dialects.postgres.catalog import PG_PROC, PG_TRIGGER
from reconciler.dialects.sql import OURS
from reconciler.model.names import CAPTURE

_MANAGED = "= ANY (CAST(:namespaces AS oid[]))"
# What carries rows along while data work goes on is there for a while.
_NO_CAPTURE = f"AND NOT (left({{0}}, 5) = '{OURS[1]}' AND right({{0}}, 8) = '{CAPTURE}')"


def routines(features: frozenset[str]) -> str:
    """Return the query for functions and procedures of every sort; a range type brings its own, which are its part."""
    standard = "CASE WHEN p.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(p.oid) END"
    return f"""
SELECT p.oid, p.pronamespace, p.proname, p.prokind, l.lanname, p.prosrc,
       {standard if "sql_body" in features else "NULL::text"}, p.provolatile, p.proisstrict, p.prosecdef,
       p.proparallel, p.proleakproof, p.procost, p.prorows, p.proconfig, p.proretset,
       format_type(p.prorettype, NULL), p.prorettype, a.names, p.proargmodes::text[], a.types, a.oids,
       CASE WHEN p.pronargdefaults > 0 THEN
            ARRAY(SELECT pg_get_function_arg_default(p.oid, n::integer) FROM generate_series(1, cardinality(a.oids)) n)
       END, d.description, pg_get_userbyid(p.proowner), pg_get_userbyid(p.proowner) = current_user,
       p.proacl IS NOT NULL, p.protrftypes IS NOT NULL OR p.prosupport <> 0,
       pg_get_function_identity_arguments(p.oid)
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
CROSS JOIN LATERAL (
    SELECT p.proargnames AS names, array_agg(u.type::bigint ORDER BY u.n) AS oids,
           array_agg(format_type(u.type, NULL) ORDER BY u.n) AS types
    FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u (type, n)
) a
LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = {PG_PROC} AND d.objsubid = 0
WHERE p.pronamespace {_MANAGED} {_NO_CAPTURE.format("p.proname")}
  AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = {PG_PROC} AND i.objid = p.oid AND i.deptype = 'i')
ORDER BY p.oid
"""


# Who may run what, the owner's own right left out.
ROUTINE_GRANTS = f"""
SELECT p.oid, x.privilege_type, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END, x.is_grantable
FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) x
WHERE p.proacl IS NOT NULL AND p.pronamespace {_MANAGED} AND x.grantee <> p.proowner
ORDER BY 1, 3 NULLS FIRST, 2
"""

# The row type of each relation, and that one's array.
ROW_TYPES = f"""
SELECT t.oid, t.typarray, t.typrelid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
WHERE c.relnamespace {_MANAGED} AND t.typtype = 'c'
"""

# Those that the server makes for foreign keys are internal.
TRIGGERS = f"""
SELECT g.oid, g.tgrelid, g.tgname, g.tgtype, g.tgenabled, g.tgconstraint <> 0, g.tgdeferrable, g.tginitdeferred,
       ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr))::text[],
       g.tgargs, g.tgoldtable, g.tgnewtable, g.tgqual IS NOT NULL,
       pg_get_triggerdef(g.oid), g.tgfoid, p.proname,
       CASE WHEN pg_function_is_visible(p.oid) THEN '' ELSE pn.nspname END, p.pronamespace, d.description,
       c.relnamespace, g.tgconstrrelid <> 0, u.times, c.relname
FROM pg_trigger g
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_proc p ON p.oid = g.tgfoid
JOIN (SELECT tgfoid, count(*) AS times FROM pg_trigger GROUP BY tgfoid) u ON u.tgfoid = g.tgfoid
JOIN pg_namespace pn ON pn.oid = p.pronamespace
LEFT JOIN pg_description d ON d.objoid = g.oid AND d.classoid = {PG_TRIGGER} AND d.objsubid = 0
WHERE c.relnamespace {_MANAGED} AND NOT g.tgisinternal {_NO_CAPTURE.format("g.tgname")}
ORDER BY g.oid
"""
