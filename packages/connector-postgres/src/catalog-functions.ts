import { quoted } from './location.ts'
import { announcing, inserted } from './scripts.ts'
import type { Session } from './session.ts'
import { notOfExtension } from './user-objects.ts'

/** SQL: functions `p` that a user has put among those of the server: pg_dump writes none, but the casts that need them. */
export const inCatalog: string = `p.oid >= 16384 AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.prokind IN ('f', 'w', 'p')
  AND ${notOfExtension('pg_proc', 'p.oid')}`

const madeSql = `SELECT pg_catalog.pg_get_functiondef(p.oid), p.oid::pg_catalog.regprocedure::text, pg_catalog.pg_get_userbyid(p.proowner)
  FROM pg_catalog.pg_proc p WHERE ${inCatalog} ORDER BY p.oid`
const announced = '--\n-- Name: '
const heading = announcing('function', 'FUNCTION', 'pg_catalog')

/** A script of pg_dump's for before the data, with these functions before anything else. */
export async function withCatalogFunctions(
  session: Session,
  script: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const rows = await session.rows(signal, madeSql)
  const at = script.indexOf(announced)
  if (rows.length === 0 || at < 0) return script
  const made = rows.map(
    ([definition, name, owner]) =>
      `${heading}${definition};\n\nALTER ROUTINE ${name} OWNER TO ${quoted(owner ?? '')};\n\n`,
  )
  return inserted(script, at, session.bytesOf(made.join('')))
}
