import { RestituteError } from '@restitute/core'
import { settingOf } from './roles.ts'
import { announcing, endOf, inserted } from './scripts.ts'
import type { Row, Session } from './session.ts'
import { userSchemas } from './user-objects.ts'

/*
 * We read and pg_dump's scripts run with an empty `search_path`. There a function fails that names anything without its
 * schema. Where one may run meanwhile, it is given the path of the database, after it the function's own schema, then every other:
 * where each clinic has a schema of its own, things of one name are in all of them.
 */

// Not the others: a body that the server has parsed looks nothing up.
const pathless = `SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE ${userSchemas} AND p.prosqlbody IS NULL
    AND p.prolang NOT IN (SELECT l.oid FROM pg_catalog.pg_language l WHERE l.lanname IN ('c', 'internal'))
    AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) c WHERE c LIKE 'search_path=%')`

const own = `nullif(nullif((SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'search_path'), ''), '""')`
const every = `(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', ' ORDER BY n.nspname) FROM pg_catalog.pg_namespace n WHERE ${userSchemas})`
const path = `(SELECT pg_catalog.concat_ws(', ', ${own}, ${every}))`

const oidOf = (catalog: string): string => `'pg_catalog.${catalog}'::pg_catalog.regclass`

// The texts of these types depend on the path: a table that has one is read without.
const namingTypes =
  "('regclass', 'regproc', 'regprocedure', 'regoper', 'regoperator', 'regtype', 'regconfig', 'regdictionary', 'regcollation')"

/** SQL: relations with an index, a constraint, statistics or a partition key by such a function; the planner runs and inlines these. */
const looking = `(WITH d AS (SELECT * FROM pg_catalog.pg_depend f WHERE f.refclassid = ${oidOf('pg_proc')} AND f.refobjid IN (${pathless}))
  SELECT i.indrelid FROM d JOIN pg_catalog.pg_index i ON i.indexrelid = d.objid WHERE d.classid = ${oidOf('pg_class')}
  UNION ALL SELECT k.conrelid FROM d JOIN pg_catalog.pg_constraint k ON k.oid = d.objid WHERE d.classid = ${oidOf('pg_constraint')}
  UNION ALL SELECT s.stxrelid FROM d JOIN pg_catalog.pg_statistic_ext s ON s.oid = d.objid WHERE d.classid = ${oidOf('pg_statistic_ext')}
  UNION ALL SELECT t.relid FROM d JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = d.objid,
    pg_catalog.pg_partition_tree(p.partrelid) t WHERE d.classid = ${oidOf('pg_class')})`

/** SQL: the path to read the table `oid` with, NULL where it is read without. */
export function pathFor(oid: string): string {
  return `CASE WHEN ${oid} IN ${looking} AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = ${oid} AND t.typname IN ${namingTypes}) THEN ${path} END`
}

// Triggers and policies do not run while a database is restored. Of a function that is not declared immutable the server finds out
// for an index, if its language is SQL, by putting its text in place of the call: only of one without settings.
const runningSql = `SELECT f.oid::pg_catalog.regprocedure::text, (SELECT pg_catalog.quote_ident(m.nspname)
      FROM pg_catalog.pg_proc q JOIN pg_catalog.pg_namespace m ON m.oid = q.pronamespace WHERE q.oid = f.oid), f.oid IN (SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
      WHERE l.lanname = 'sql' AND p.provolatile <> 'i')
  FROM (${pathless}) f
  WHERE EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = ${oidOf('pg_proc')} AND d.refobjid = f.oid
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
    AND d.classid NOT IN (${oidOf('pg_trigger')}, ${oidOf('pg_event_trigger')}, ${oidOf('pg_policy')}))
  ORDER BY 1`

/**
 * A script of pg_dump's with what gives them the path. It is run with it, for the server looks into a function of a generated column
 * or an index at once. That before the data leaves it to them; that after the data takes it back, at its end.
 */
export async function withPath(
  session: Session,
  script: Buffer,
  section: 'pre-data' | 'post-data',
  signal: AbortSignal,
): Promise<Buffer> {
  const running = await session.rows(signal, runningSql)
  if (running.length === 0) return script
  const [[start, all] = []] = await session.rows(signal, `SELECT ${own}, ${every}`)
  const set = (first?: string | null): string =>
    `SET ${settingOf(`search_path=${[start, first, all].filter((one) => one).join(', ')}`)}`
  const before = section === 'pre-data'
  const lookedInto = before ? [] : running.filter(([, , looked]) => looked === 't')
  const begun = replaced(script, emptyPath, session.bytesOf(`${set()};\n${altered(lookedInto)}`))
  const ended = altered(running, before ? set : undefined)
  const told = session.bytesOf(`${announcing('search_path', 'ALTER')}${ended}\n`)
  return inserted(begun, endOf(begun), told)
}

/** Gives functions the path that begins with their schema, or takes it from them. */
function altered(some: readonly Row[], set?: (schema?: string | null) => string): string {
  return some.map(([name, of]) => `ALTER ROUTINE ${name} ${set?.(of) ?? 'RESET search_path'};\n`).join('')
}

const emptyPath = "SELECT pg_catalog.set_config('search_path', '', false);"

function replaced(script: Buffer, from: string, to: Buffer): Buffer {
  const at = script.indexOf(from)
  if (at < 0) throw new RestituteError('internal', `pg_dump: expected ${from}, got none`)
  return Buffer.concat([script.subarray(0, at), to, script.subarray(at + from.length)])
}
