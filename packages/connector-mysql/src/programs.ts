import { type Definition, type Listed, nativeFolders } from './defined-object.ts'
import { withOwnLibraries } from './libraries.ts'
import { madeTwice, meaningOf, programSettings, replacing } from './made.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { ofSchema, quoteName, quoteText, underCollation } from './text.ts'

/** Routines, packages and events: they keep the mode and the collations that they were made under. */
export async function programOf(
  session: Session,
  one: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [[, ...shown] = []] = await session.texts(
    `SHOW CREATE ${one.kind.toUpperCase()} ${quoteName(one.name)}`,
    signal,
  )
  const zone = one.kind === 'event' ? (shown.splice(1, 1)[0] ?? '') : '+00:00'
  const [mode = '', made, client = '', collation = '', was = ''] = shown
  if (made === undefined) throw new Error('the account may not see it')
  const sql = session.mariadb ? made : withOwnLibraries(made, session.location.database)
  const is = one.collation
  const folder = nativeFolders[one.kind as keyof typeof nativeFolders]
  const settings = programSettings({ mode, zone, client, collation, sql })
  const around = (text: string): string[] => underCollation(text, was, is)
  const text = scriptOf([settings, ...around(sql)])
  const meaning = JSON.stringify([mode, zone, collation, meaningOf(sql), ...(was === is ? [] : [was])])
  // A function and a procedure may have one name.
  const file = folder === nativeFolders.function ? `${one.kind.replace(' ', '-')}-${safe}` : safe
  if (one.kind === 'event' && (await hasPassed(session, one.name, signal))) {
    const lost = 'its time has passed: a server drops or disables such an event as soon as it is made'
    return { files: [{ path: `${nativeFolders.lost}/event-${safe}.sql`, text }], meaning, lost }
  }
  const path = `${folder}/${file}.sql`
  if (one.kind !== 'function') return { files: [{ path, text }], meaning }
  const making = (made: string, again: boolean): string[] =>
    session.mariadb ? around(replacing(made)) : [...(again ? [dropping(one.name)] : []), ...around(made)]
  return { files: madeTwice({ kind: 'function', path, safe, settings, sql, making }), meaning }
}

/** MySQL replaces no function. */
function dropping(name: string): string {
  return `DROP FUNCTION IF EXISTS ${quoteName(name)}`
}

/** Whether an event would not be made again as it is. The catalogue gives its times in the event's own zone. */
async function hasPassed(session: Session, name: string, signal: AbortSignal): Promise<boolean> {
  const end = 'COALESCE(EXECUTE_AT, ENDS)'
  const [row] = await session.texts(
    `SELECT 1 FROM information_schema.EVENTS WHERE ${ofSchema('EVENT_SCHEMA', 'DATABASE()')} AND BINARY EVENT_NAME = ${quoteText(name)}
       AND IFNULL(CONVERT_TZ(${end}, IF(TIME_ZONE = 'SYSTEM', @@GLOBAL.time_zone, TIME_ZONE), '+00:00'), ${end}) < UTC_TIMESTAMP()
       AND (ON_COMPLETION = 'NOT PRESERVE' OR STATUS = 'ENABLED')`,
    signal,
  )
  return row !== undefined
}
