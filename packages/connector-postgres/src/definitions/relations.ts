import { readingEmpty, readingForeign } from '../foreign.ts'
import { notOfExtension, userSchemas } from '../user-objects.ts'
import { grants } from './grants.ts'
import { isUsualNotNull } from './not-null.ts'
import { collation, type DefinitionQuery, goesWith, sorted } from './types.ts'

const owner = (oid: string): string => `pg_catalog.pg_get_userbyid(${oid})`
const member = (oid: string): string => notOfExtension('pg_class', oid)
const storage = `CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END`

// Columns by name: children of several parents get theirs in another order when they are loaded again.
const columns = `(SELECT jsonb_object_agg(a.attname, jsonb_strip_nulls(jsonb_build_object(
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN ${collation('a.attcollation')} END,
    'storage', ${storage}, 'compression', a.attcompression, 'target', nullif(a.attstattarget, -1),
    'options', a.attoptions, 'foreign', ${sorted('a.attfdwoptions')}, 'grants', ${grants('a.attacl', 'c', 'c.relowner')},
    'comment', pg_catalog.col_description(c.oid, a.attnum))))
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)`

// Values of its row type lie in a column by their places alone: there the names by themselves do not tell what they mean.
const places = `CASE WHEN c.reltype IN (SELECT pg_catalog.unnest(ARRAY[t.oid, t.typelem]) FROM pg_catalog.pg_attribute u
    JOIN pg_catalog.pg_type t ON t.oid = u.atttypid WHERE u.attnum > 0 AND NOT u.attisdropped)
  THEN (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END`

const parents = `(SELECT jsonb_agg(pn.nspname || '.' || p.relname ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  WHERE i.inhrelid = c.oid)`

const marked = (
  flag: string,
): string => `(SELECT ic.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  WHERE i.indrelid = c.oid AND i.${flag})`

const notNulled =
  '(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = o.conrelid AND a.attnum = o.conkey[1])'

// What version 18 makes of every NOT NULL; of older ones it has the column's word alone.
const saysMore = `(o.connoinherit OR NOT o.convalidated OR pg_catalog.obj_description(o.oid, 'pg_constraint') IS NOT NULL
  OR NOT ${isUsualNotNull('o.conname', `c.relname || '_' || ${notNulled}`)})`

/** Tables, views and what stands on them. */
export const relationQueries: readonly DefinitionQuery[] = [
  {
    kind: `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned-table' WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materialized-view' ELSE 'foreign-table' END`,
    names: 'ARRAY[n.nspname, c.relname]',
    meaning: `'owner', ${owner('c.relowner')}, 'grants', ${grants('c.relacl', 'r', 'c.relowner')},
      'comment', pg_catalog.obj_description(c.oid, 'pg_class'), 'persistence', c.relpersistence, 'options', ${sorted('c.reloptions')},
      'toast', (SELECT x.reloptions FROM pg_catalog.pg_class x WHERE x.oid = c.reltoastrelid),
      'columns', ${columns}, 'places', ${places}, 'parents', ${parents}, 'key', pg_catalog.pg_get_partkeydef(c.oid),
      'bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'rls', c.relrowsecurity, 'forceRls', c.relforcerowsecurity,
      'identity', c.relreplident, 'identityIndex', ${marked('indisreplident')}, 'clustered', ${marked('indisclustered')},
      'of', CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END,
      'method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam),
      'goesWith', ${goesWith('pg_class', 'c.oid')},
      'query', CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
      'populated', CASE WHEN c.relkind = 'm' AND c.oid NOT IN ${readingForeign} AND c.oid NOT IN ${readingEmpty} THEN c.relispopulated END,
      'server', (SELECT s.srvname || ' ' || coalesce((SELECT pg_catalog.array_agg(x ORDER BY x COLLATE "C")::text FROM pg_catalog.unnest(f.ftoptions) x), '') FROM pg_catalog.pg_foreign_table f
        JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid)`,
    from: `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND ${userSchemas} AND ${member('c.oid')}`,
  },
  {
    kind: "'sequence'",
    names: 'ARRAY[n.nspname, c.relname]',
    meaning: `'owner', ${owner('c.relowner')}, 'grants', ${grants('c.relacl', 's', 'c.relowner')},
      'comment', pg_catalog.obj_description(c.oid, 'pg_class'), 'type', pg_catalog.format_type(s.seqtypid, NULL),
      'persistence', c.relpersistence,
      'numbers', ARRAY[s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache], 'cycle', s.seqcycle,
      'owned', (SELECT tn.nspname || '.' || tc.relname || '.' || ta.attname || ' ' || d.deptype::text FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class tc ON tc.oid = d.refobjid JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
        JOIN pg_catalog.pg_attribute ta ON ta.attrelid = tc.oid AND ta.attnum = d.refobjsubid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') LIMIT 1)`,
    from: `pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relpersistence <> 't' AND ${userSchemas} AND ${member('c.oid')}`,
  },
  {
    kind: "CASE o.contype WHEN 'f' THEN 'foreign-key' ELSE 'constraint' END",
    names: 'ARRAY[n.nspname, c.relname, o.conname]',
    // That of a foreign key is the index of the other table.
    meaning: `'definition', pg_catalog.pg_get_constraintdef(o.oid), 'validated', o.convalidated,
      'comment', pg_catalog.obj_description(o.oid, 'pg_constraint'),
      'indexOptions', (SELECT x.reloptions FROM pg_catalog.pg_class x WHERE x.oid = o.conindid AND o.contype <> 'f'),
      'indexComment', CASE WHEN o.contype <> 'f' THEN pg_catalog.obj_description(o.conindid, 'pg_class') END`,
    from: `pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE (o.contype IN ('c', 'f', 'p', 'u', 'x') OR o.contype = 'n' AND o.conislocal AND ${saysMore}) AND NOT (o.contype = 'f' AND o.conparentid <> 0)
        AND c.relpersistence <> 't' AND ${userSchemas} AND ${member('c.oid')}`,
  },
  {
    kind: "'index'",
    names: 'ARRAY[n.nspname, c.relname]',
    meaning: `'definition', pg_catalog.pg_get_indexdef(c.oid), 'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
      'parents', ${parents}, 'goesWith', ${goesWith('pg_class', 'c.oid')},
      'targets', (SELECT jsonb_agg(a.attstattarget ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attstattarget >= 0)`,
    lost: `CASE WHEN NOT i.indisvalid AND c.relkind = 'i' THEN 'the index is invalid on the source: nothing can be built from it' END`,
    from: `pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relpersistence <> 't' AND ${userSchemas} AND ${member('i.indrelid')}
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))`,
  },
  {
    kind: "'rule'",
    names: 'ARRAY[n.nspname, c.relname, r.rulename]',
    meaning: `'definition', pg_catalog.pg_get_ruledef(r.oid), 'enabled', r.ev_enabled,
      'comment', pg_catalog.obj_description(r.oid, 'pg_rewrite')`,
    from: `pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE r.rulename <> '_RETURN' AND ${userSchemas} AND ${member('c.oid')}`,
  },
  {
    // Of a partition only one that is in force otherwise than that of the table above; version 14 calls it internal.
    kind: "'trigger'",
    names: 'ARRAY[n.nspname, c.relname, g.tgname]',
    meaning: `'definition', pg_catalog.pg_get_triggerdef(g.oid), 'enabled', g.tgenabled, 'goesWith', ${goesWith('pg_trigger', 'g.oid')},
      'comment', pg_catalog.obj_description(g.oid, 'pg_trigger')`,
    from: `pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE (NOT g.tgisinternal OR g.tgparentid <> 0 AND g.tgconstraint = 0) AND ${userSchemas}
        AND g.tgenabled IS DISTINCT FROM (SELECT u.tgenabled FROM pg_catalog.pg_trigger u WHERE u.oid = g.tgparentid) AND ${member('c.oid')}`,
  },
  {
    kind: "'policy'",
    names: 'ARRAY[n.nspname, c.relname, p.polname]',
    meaning: `'command', p.polcmd, 'permissive', p.polpermissive,
      'roles', (SELECT jsonb_agg(CASE r WHEN 0 THEN 'public' ELSE 'role ' || ${owner('r')} END ORDER BY ${owner('r')}) FROM unnest(p.polroles) r),
      'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
      'comment', pg_catalog.obj_description(p.oid, 'pg_policy')`,
    from: `pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${userSchemas} AND ${member('c.oid')}`,
  },
  {
    kind: "'statistics'",
    names: 'ARRAY[n.nspname, s.stxname]',
    meaning: `'definition', pg_catalog.pg_get_statisticsobjdef(s.oid), 'owner', ${owner('s.stxowner')},
      'target', nullif(s.stxstattarget, -1), 'comment', pg_catalog.obj_description(s.oid, 'pg_statistic_ext')`,
    from: `pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE ${userSchemas}
      AND ${notOfExtension('pg_statistic_ext', 's.oid')}`,
  },
]
