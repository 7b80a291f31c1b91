import { common, type Definition, nativeFolders } from './defined-object.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { quoteName } from './text.ts'

/** A sequence, and where it stands. */
export async function sequenceOf(
  session: Session,
  name: string,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const quoted = quoteName(name)
  const [[, sql = ''] = []] = await session.texts(`SHOW CREATE SEQUENCE ${quoted}`, signal)
  const [[next = '', round = '', setBack] = []] = await session.texts(
    `SELECT next_not_cached_value, cycle_count,
       IF(increment < 0, next_not_cached_value > start_value, next_not_cached_value < start_value) FROM ${quoted}`,
    signal,
  )
  // SETVAL only goes on from where a new one stands.
  const back = setBack === '1' ? [`ALTER SEQUENCE ${quoted} RESTART ${next}`] : []
  const state = `SELECT SETVAL(${quoted}, ${next}, 0, ${round})`
  return {
    files: [{ path: `${nativeFolders.sequence}/${safe}.sql`, text: scriptOf([common, sql, ...back, state]) }],
    meaning: `${sql}\n${state}`,
  }
}
