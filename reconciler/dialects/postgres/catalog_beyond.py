"""The catalog query for what tables and views have beyond anything that is read of them; it knows no model.

The server looks for it, and sends a row only where there is something: most databases have none. Each column of the
catalogs is read elsewhere, looked at here, or says nothing of a definition; tests/conformance/postgres hold that.
"""

from __future__ import annotations

from reconciler.dialects.postgres.catalog import HEAP, PG_CLASS, PG_CONSTRAINT

_MANAGED = "= ANY (CAST(:namespaces AS oid[]))"


def beyond(features: frozenset[str]) -> str:
    """Return the query: the relation, the entry of a catalog that is meant, and what it has."""
    compression = "a.attcompression" if "compression" in features else "''"
    return f"""
SELECT a.attrelid, {PG_CLASS}, a.attrelid, a.attnum::integer, 'SET (' || array_to_string(a.attoptions, ', ') || ')'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attoptions IS NOT NULL AND a.attnum > 0 AND c.relnamespace {_MANAGED} AND c.relkind = 'r'
UNION ALL
SELECT k.conrelid, {PG_CLASS}, k.conrelid, k.conkey[1]::integer,
       'NOT NULL' || CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END
                  || CASE WHEN k.convalidated THEN '' ELSE ' NOT VALID' END
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'n' AND (k.connoinherit OR NOT k.convalidated) AND c.relnamespace {_MANAGED} AND c.relkind = 'r'
UNION ALL
SELECT k.conrelid, {PG_CONSTRAINT}, k.oid, 0, 'COMMENT ON INDEX ' || quote_literal(d.description)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_description d ON d.objoid = k.conindid AND d.classoid = {PG_CLASS} AND d.objsubid = 0
WHERE k.contype IN ('p', 'u', 'x') AND c.relnamespace {_MANAGED} AND c.relkind = 'r'
UNION ALL
SELECT c.oid, {PG_CLASS}, c.oid, 0, concat_ws(', ',
    CASE WHEN c.relam <> {HEAP} THEN 'USING ' || quote_ident(m.amname) END,
    'TABLESPACE ' || quote_ident(s.spcname),
    CASE c.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END,
    'toast (' || array_to_string(t.reloptions, ', ') || ')',
    (SELECT string_agg(format('column %I%s', a.attname, concat(
         ' SET (' || array_to_string(a.attoptions, ', ') || ')',
         CASE WHEN a.attstattarget >= 0 THEN ' SET STATISTICS ' || a.attstattarget END,
         CASE WHEN a.attstorage <> y.typstorage THEN ' SET STORAGE' END,
         CASE WHEN {compression} <> '' THEN ' SET COMPRESSION' END)), ', ' ORDER BY a.attnum)
     FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attoptions IS NOT NULL OR a.attstattarget >= 0
           OR a.attstorage <> y.typstorage OR {compression} <> '')))
FROM pg_class c
LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind = 'm' AND c.relnamespace {_MANAGED}
"""
