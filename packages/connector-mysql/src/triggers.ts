import { type Definition, type Listed, nativeFolders } from './defined-object.ts'
import { lostObject, meaningOf, programSettings } from './made.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { definerName, quoteName, underCollation } from './text.ts'
import { bodyOf, columnsNamed } from './trigger-text.ts'

/** What the list of triggers tells of each. Of all at once: to find one the server opens every table. */
export const triggerFacts =
  'EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, DEFINER, ACTION_ORDER, SQL_MODE, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION'

/** The text of a trigger may name its database: it is put together again without. Several of one table keep their order. */
export async function triggerOf(
  session: Session,
  { name, facts, collation: is }: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [table = '', timing, event, definer = '', order = '1', ...settled] = facts
  const [mode = '', client = '', collation = '', was = ''] = settled
  const [[, , statement] = []] = await session.texts(`SHOW CREATE TRIGGER ${quoteName(name)}`, signal)
  if (statement === undefined) throw new Error('the account may not see it')
  const body = bodyOf(statement)
  const made = `CREATE DEFINER=${definerName(definer)} TRIGGER ${quoteName(name)} ${timing} ${event} ON ${quoteName(table)} FOR EACH ROW ${body}`
  const settings = programSettings({ mode, zone: '+00:00', client, collation, sql: made })
  const path = `${nativeFolders.trigger}/${order.padStart(4, '0')}-${safe}.sql`
  const files = [{ path, text: scriptOf([settings, ...underCollation(made, was, is)]) }]
  const meaning = JSON.stringify([mode, collation, order, meaningOf(made), ...(was === is ? [] : [was])])
  const missing = await missingOf(session, table, columnsNamed(body, mode), signal)
  if (missing === undefined) return { files, meaning, needs: new Set([`table/${table}`]) }
  const lost = `the trigger does not work in the source either: its table has no column ${missing}`
  return { meaning, ...lostObject({ kind: 'trigger', files }, lost) }
}

/** The first of these names that no column of the table has: it was renamed or dropped since, and no server makes such a trigger again. */
async function missingOf(
  session: Session,
  table: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (names.length === 0) return undefined
  const rows = await session.texts(`SHOW COLUMNS FROM ${quoteName(table)}`, signal)
  const there = new Set([...rows.map(([column = '']) => folded(column)), ...unlisted])
  return names.find((one) => !there.has(folded(one)))
}

/** What every table WITH SYSTEM VERSIONING may have. */
const unlisted = ['row_start', 'row_end']

function folded(column: string): string {
  return column.toLowerCase()
}
