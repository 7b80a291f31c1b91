import type { Item } from '@restitute/core'
import { apart } from './apart.ts'
import { qualified } from './digest.ts'
import { lossOf } from './errors.ts'
import { label } from './names.ts'
import type { Row, Session } from './session.ts'

// What an extension declares is among the tables. Where the role may not look, there may be rows.
const undeclaredSql = `SELECT n.nspname, c.relname, x.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
    JOIN pg_catalog.pg_class c ON c.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    AND d.deptype = 'e' AND c.relkind = 'r' AND c.relpersistence <> 't' AND NOT c.oid = ANY (coalesce(x.extconfig, '{}'))`

/**
 * Tables that belong to an extension, which does not declare that their rows are the user's, and have such as it did not make when it
 * was made: pg_dump leaves them out, and CREATE EXTENSION does not make them again.
 */
export async function undeclaredRows(session: Session, signal: AbortSignal): Promise<Item[]> {
  const items: Item[] = []
  for (const row of await session.rows(signal, undeclaredSql)) {
    const lost = await undeclared(session, row, signal)
    const id = `extension-table/${label(row[0] ?? '', row[1] ?? '')}`
    if (lost !== undefined) items.push({ id, kind: 'extension-rows', bytes: 0, mark: 'undeclared', lost })
  }
  return items
}

async function undeclared(
  session: Session,
  [schema, name, extension]: Row,
  signal: AbortSignal,
): Promise<string | undefined> {
  const table = qualified({ schema: schema ?? '', name: name ?? '' })
  const made = 'SELECT x.xmin FROM pg_catalog.pg_extension x WHERE x.extname = $1'
  try {
    await using _apart = await apart(session, signal)
    const asked = `SELECT FROM ONLY ${table} t WHERE t.xmin <> (${made}) LIMIT 1`
    const found = await session.rows(signal, asked, [extension ?? ''])
    if (found.length === 0) return undefined
    return `it belongs to the extension ${extension}, which does not declare that its rows are the user's: take it out (ALTER EXTENSION … DROP TABLE), or CREATE EXTENSION is all that makes it`
  } catch (error) {
    return `it belongs to the extension ${extension}, and cannot be looked at: ${lossOf(error)}`
  }
}
