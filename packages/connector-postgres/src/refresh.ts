import { literal } from './location.ts'
import { announcing, inserted } from './scripts.ts'
import type { Session } from './session.ts'

// What an expression may depend on beside its values, and any server has: names of locales it may not have.
const ownSql = `SELECT s.name, s.reset_val FROM pg_catalog.pg_settings s WHERE s.name IN
  ('TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output', 'default_text_search_config') ORDER BY 1`
const refresh = /^--\n-- Name: .*; Type: MATERIALIZED VIEW DATA; /m

/** A script of pg_dump's that fills the materialised views under the settings of the database's own sessions, not under ours. */
export async function withOwnSettings(
  session: Session,
  script: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const at = script.toString('latin1').search(refresh)
  if (at < 0) return script
  const rows = await session.rows(signal, ownSql)
  const sets = rows.map(([name, value]) => `SET ${name} = ${literal(value ?? '')};\n`)
  return inserted(script, at, session.bytesOf(`${announcing('settings', 'SET')}${sets.join('')}\n`))
}
