import { type Definition, type Listed, nativeFolders } from './defined-object.ts'
import { meaningOf, programSettings } from './made.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { definerName, quoteName, underCollation } from './text.ts'
import { bodyOf } from './trigger-text.ts'

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
  const made = `CREATE DEFINER=${definerName(definer)} TRIGGER ${quoteName(name)} ${timing} ${event} ON ${quoteName(table)} FOR EACH ROW ${bodyOf(statement)}`
  const settings = programSettings({ mode, zone: '+00:00', client, collation, sql: made })
  const path = `${nativeFolders.trigger}/${order.padStart(4, '0')}-${safe}.sql`
  return {
    files: [{ path, text: scriptOf([settings, ...underCollation(made, was, is)]) }],
    meaning: JSON.stringify([mode, collation, order, meaningOf(made), ...(was === is ? [] : [was])]),
    needs: new Set([`table/${table}`]),
  }
}
