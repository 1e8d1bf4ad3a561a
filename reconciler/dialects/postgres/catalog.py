"""The catalog queries, as text: which objects the managed schemas hold; bulk, never per table, and they know no model.

Each takes `:namespaces`, an array of schema oids. What a version lacks is written as the constant it would be there.
"""

from __future__ import annotations

from reconciler.dialects.sql import REJECTS

# The oids of the catalogs themselves, fixed by PostgreSQL's headers (src/include/catalog/pg_*.h).
PG_TYPE, PG_PROC, PG_CLASS, PG_ATTRDEF, PG_CONSTRAINT = 1247, 1255, 1259, 2604, 2606
PG_REWRITE, PG_TRIGGER, PG_POLICY, PG_STATISTIC, PG_EXTENSION = 2618, 2620, 3256, 3381, 3079
PG_NAMESPACE, PG_OPCLASS, PG_COLLATION = 2615, 2616, 3456
# Objects below this oid came with the server (src/include/access/transam.h, FirstNormalObjectId).
FIRST_OWN = 16384
DEFAULT_COLLATION = 100
# The access method of ordinary tables (src/include/catalog/pg_am.dat).
HEAP = 2

_MANAGED = "= ANY (CAST(:namespaces AS oid[]))"

SCHEMAS = f"""
SELECT n.oid, n.nspname, d.description
FROM pg_namespace n
LEFT JOIN pg_description d ON d.objoid = n.oid AND d.classoid = {PG_NAMESPACE} AND d.objsubid = 0
WHERE n.nspname = ANY (CAST(:names AS text[]))
"""

TEMPORARY = "SELECT pg_my_temp_schema()"

RELATIONS = f"""
SELECT c.oid, c.relnamespace, c.relname, c.relkind, c.relpersistence, c.relispartition, c.reloftype <> 0,
       EXISTS (SELECT FROM pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)), c.reloptions,
       c.relrowsecurity, d.description, CASE WHEN c.relam <> {HEAP} THEN m.amname END, s.spcname, c.relreplident,
       c.relforcerowsecurity, tc.reloptions
FROM pg_class c
LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid AND tc.reloptions IS NOT NULL
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = {PG_CLASS} AND d.objsubid = 0
WHERE c.relnamespace {_MANAGED} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  AND left(c.relname, 11) <> '_reconcile_' AND c.relname <> '{REJECTS}'
ORDER BY c.oid
"""


def columns(features: frozenset[str]) -> str:
    """Return the query for the columns of tables and views."""
    compression = "a.attcompression" if "compression" in features else "''"
    return f"""
SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
       CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN co.collname END, ds.description, a.attcollation,
       d.oid, CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, {compression},
       coalesce(a.attstattarget, -1)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_description ds ON ds.objoid = a.attrelid AND ds.classoid = {PG_CLASS} AND ds.objsubid = a.attnum
WHERE c.relnamespace {_MANAGED} AND c.relkind IN ('r', 'v', 'm')
ORDER BY a.attrelid, a.attnum
"""


SEQUENCES = f"""
SELECT s.seqrelid, c.relnamespace, c.relname, s.seqstart, s.seqincrement, d.refobjid, d.refobjsubid, d.deptype,
       s.seqmin, s.seqmax, s.seqcache, s.seqcycle, s.seqtypid::regtype::text, ds.description
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
LEFT JOIN pg_description ds ON ds.objoid = c.oid AND ds.classoid = {PG_CLASS} AND ds.objsubid = 0
LEFT JOIN pg_depend d ON d.classid = {PG_CLASS} AND d.objid = s.seqrelid AND d.refclassid = {PG_CLASS}
                     AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
WHERE c.relnamespace {_MANAGED} AND c.relpersistence <> 't'
"""

ENUMS = f"""
SELECT t.oid, t.typarray, t.typnamespace, t.typname, d.description,
       ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)::text[],
       pg_get_userbyid(t.typowner), pg_get_userbyid(t.typowner) = current_user, t.typacl IS NOT NULL
FROM pg_type t
LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = {PG_TYPE} AND d.objsubid = 0
WHERE t.typnamespace {_MANAGED} AND t.typtype = 'e'
"""

DOMAINS = f"""
SELECT t.oid, t.typarray, t.typnamespace, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull,
       pg_get_expr(t.typdefaultbin, {PG_TYPE}), CASE WHEN t.typcollation <> b.typcollation THEN co.collname END,
       d.description
FROM pg_type t
JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation co ON co.oid = t.typcollation
LEFT JOIN pg_description d ON d.objoid = t.oid AND d.classoid = {PG_TYPE} AND d.objsubid = 0
WHERE t.typnamespace {_MANAGED} AND t.typtype = 'd'
ORDER BY t.oid
"""

# NOT NULL has a row of its own from 17 on; it is read with the domain.
DOMAIN_CHECKS = f"""
SELECT c.oid, c.contypid, c.conname, pg_get_expr(c.conbin, 0), c.convalidated, d.description
FROM pg_constraint c
JOIN pg_type t ON t.oid = c.contypid
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = {PG_CONSTRAINT} AND d.objsubid = 0
WHERE t.typnamespace {_MANAGED} AND c.contype = 'c'
ORDER BY c.oid
"""

# Extensions belong to the database and stand in no schema of ours; what came with the server is left out. A comment
# that is the extension's own is none.
EXTENSIONS = f"""
SELECT e.oid, e.extname, n.nspname, e.extversion,
       CASE WHEN d.description IS DISTINCT FROM a.comment THEN d.description END
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_description d ON d.objoid = e.oid AND d.classoid = {PG_EXTENSION} AND d.objsubid = 0
LEFT JOIN pg_available_extensions a ON a.name = e.extname
WHERE e.extname <> 'plpgsql'
ORDER BY e.oid
"""

VIEWS = f"""
SELECT c.oid, pg_get_viewdef(c.oid), pg_get_userbyid(c.relowner), pg_get_userbyid(c.relowner) = current_user, r.oid
FROM pg_class c
JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
WHERE c.relnamespace {_MANAGED} AND c.relkind IN ('v', 'm')
"""

# Who may do what with a view or one of its columns; the owner's own rights are left out.
VIEW_GRANTS = f"""
SELECT c.oid, NULL::name, x.privilege_type, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
       x.is_grantable
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
WHERE c.relnamespace {_MANAGED} AND c.relkind IN ('v', 'm') AND x.grantee <> c.relowner
UNION ALL
SELECT c.oid, a.attname, x.privilege_type, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
       x.is_grantable
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) x
WHERE c.relnamespace {_MANAGED} AND c.relkind IN ('v', 'm') AND x.grantee <> c.relowner
ORDER BY 1, 2 NULLS FIRST, 4, 3
"""

# Who may do what with single columns of tables, and with types.
OTHER_GRANTS = f"""
SELECT a.attrelid, a.attnum, x.privilege_type, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END,
       x.is_grantable
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) x
WHERE a.attacl IS NOT NULL AND c.relnamespace {_MANAGED} AND c.relkind = 'r'
UNION ALL
SELECT t.oid, 0, x.privilege_type, CASE x.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(x.grantee) END, x.is_grantable
FROM pg_type t CROSS JOIN LATERAL aclexplode(t.typacl) x
WHERE t.typacl IS NOT NULL AND t.typnamespace {_MANAGED} AND t.typtype = 'e' AND x.grantee <> t.typowner
ORDER BY 1, 2, 4, 3
"""

# What refers to what, where it does not follow from a column list that another query gives anyway; and, with deptype
# `e`, what belongs to an extension.
DEPENDENCIES = f"""
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype
FROM pg_depend d
WHERE d.deptype = 'e'
   OR (d.deptype IN ('n', 'a') AND d.refobjid >= {FIRST_OWN} AND (
        d.classid IN ({PG_REWRITE}, {PG_TRIGGER}, {PG_POLICY}, {PG_PROC}, {PG_STATISTIC})
     OR (d.classid = {PG_ATTRDEF} AND d.deptype = 'n')
     OR (d.refclassid = {PG_PROC} AND d.deptype = 'n')
     OR (d.classid IN ({PG_CLASS}, {PG_CONSTRAINT}, {PG_TYPE})
         AND d.refclassid IN ({PG_TYPE}, {PG_PROC}, {PG_OPCLASS}, {PG_COLLATION}))
     OR (d.classid = {PG_TYPE} AND d.deptype = 'n' AND d.refclassid = {PG_CLASS})
     OR (d.classid = {PG_CLASS} AND d.objid IN
          (SELECT indexrelid FROM pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL))))
"""

OPCLASSES = "SELECT oid, opcname, opcdefault FROM pg_opclass"

COLLATIONS = "SELECT oid, collname FROM pg_collation"


def constraints(features: frozenset[str]) -> str:
    """Return the query for the constraints of tables; NOT NULL ones (18+) are read as the column's own."""
    nulls = "coalesce(i.indnullsnotdistinct, false)" if "nulls_not_distinct" in features else "false"
    set_columns = "c.confdelsetcols" if "nulls_not_distinct" in features else "NULL::smallint[]"
    period, enforced = ("c.conperiod", "c.conenforced") if "not_enforced" in features else ("false", "true")
    return f"""
SELECT c.oid, c.conrelid, c.conname, c.contype, c.conkey, c.confrelid, c.confkey, c.confupdtype, c.confdeltype,
       c.confmatchtype, c.condeferrable, c.condeferred, c.convalidated, c.connoinherit, c.conindid,
       pg_get_expr(c.conbin, c.conrelid), d.description, {nulls},
       CASE WHEN i.indnatts > i.indnkeyatts THEN i.indkey::text END, coalesce(i.indnkeyatts, 0),
       ic.reloptions, CASE WHEN {period} THEN pg_get_constraintdef(c.oid) END, {set_columns}, {enforced}, s.spcname,
       i.indisreplident, i.indisclustered
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u')
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = ic.reltablespace
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = {PG_CONSTRAINT} AND d.objsubid = 0
WHERE t.relnamespace {_MANAGED} AND t.relkind = 'r' AND c.contype IN ('p', 'u', 'c', 'f', 'x')
ORDER BY c.oid
"""


def indexes(features: frozenset[str]) -> str:
    """Return the query for the indexes that no key owns, those of exclusion constraints with the constraint's words."""
    nulls = "i.indnullsnotdistinct" if "nulls_not_distinct" in features else "false"
    return f"""
SELECT i.indexrelid, i.indrelid, c.relname, i.indisunique, i.indisvalid, m.amname, i.indnkeyatts, i.indkey::text,
       i.indoption::text, i.indclass::text, i.indcollation::text,
       CASE WHEN i.indexprs IS NOT NULL
            THEN ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) k) END,
       pg_get_expr(i.indpred, i.indrelid), d.description,
       c.reloptions, s.spcname, {nulls}, i.indisreplident, i.indisclustered, a.options, a.targets,
       k.oid, k.condeferrable, k.condeferred, kd.description,
       CASE WHEN k.oid IS NOT NULL THEN ARRAY(
           SELECT CASE WHEN o.oprnamespace = 'pg_catalog'::regnamespace OR pg_operator_is_visible(o.oid) THEN o.oprname
                       ELSE format('OPERATOR(%I.%s)', o.oprnamespace::regnamespace, o.oprname) END
           FROM unnest(k.conexclop) WITH ORDINALITY u (op, at) JOIN pg_operator o ON o.oid = u.op ORDER BY at)::text[]
       END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'x'
LEFT JOIN pg_description kd ON kd.objoid = k.oid AND kd.classoid = {PG_CONSTRAINT} AND kd.objsubid = 0
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = {PG_CLASS} AND d.objsubid = 0
LEFT JOIN (
    SELECT attrelid, json_object_agg(attnum, attoptions) FILTER (WHERE attoptions IS NOT NULL) AS options,
           json_object_agg(attnum, attstattarget) FILTER (WHERE attstattarget >= 0) AS targets
    FROM pg_attribute WHERE attnum > 0 AND (attoptions IS NOT NULL OR attstattarget >= 0) GROUP BY attrelid
) a ON a.attrelid = i.indexrelid
WHERE t.relnamespace {_MANAGED} AND t.relkind IN ('r', 'm')
  AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.conindid = i.indexrelid AND p.contype IN ('p', 'u'))
ORDER BY i.indexrelid
"""


# Everything that has no dataclass of its own: its catalog, oid, kind word, the relation that holds it, name, text.
LEFTOVERS = f"""
SELECT {PG_TYPE}, t.oid, 'type', 0::oid, t.typnamespace, t.typname, ''
FROM pg_type t
WHERE t.typnamespace {_MANAGED} AND t.typtype IN ('r', 'b')
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
UNION ALL
SELECT {PG_POLICY}, p.oid, 'policy', p.polrelid, c.relnamespace, p.polname, ''
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace {_MANAGED}
UNION ALL
SELECT {PG_REWRITE}, r.oid, 'rule', r.ev_class, c.relnamespace, r.rulename, pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace {_MANAGED} AND r.rulename <> '_RETURN'
UNION ALL
SELECT {PG_STATISTIC}, s.oid, 'statistics', s.stxrelid, s.stxnamespace, s.stxname, pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s WHERE s.stxnamespace {_MANAGED}
UNION ALL
SELECT d.classid, d.objid, replace(o.type, ' ', '_'), 0::oid, d.refobjid,
       coalesce(o.name, o.identity), ''
FROM pg_depend d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) o
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid {_MANAGED} AND d.deptype = 'n'
  AND d.classid NOT IN ({PG_PROC}, {PG_TYPE}, {PG_CLASS}, {PG_CONSTRAINT}, {PG_STATISTIC}, {PG_EXTENSION},
                        'pg_default_acl'::regclass)
ORDER BY 1, 2
"""
