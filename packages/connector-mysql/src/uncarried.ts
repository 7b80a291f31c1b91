import { castBytes, jsonAsLoaded } from './columns.ts'
import type { DefinedObject } from './defined-object.ts'
import { isFailure } from './errors.ts'
import type { DefinedTable } from './freeze.ts'
import { hasRows, isForeign, sourceOf } from './schema.ts'
import type { Session } from './session.ts'
import { quoteName } from './text.ts'

/** What rows hold that no other server can be given, each as something that is lost, beside its table, which is not. */
export async function uncarriedOf(
  session: Session,
  tables: readonly DefinedTable[],
  signal: AbortSignal,
): Promise<DefinedObject[]> {
  const found: DefinedObject[] = []
  for (const table of tables) {
    if (table.lost !== undefined || !hasRows(table) || isForeign(table)) continue
    if (await hasNumberedHistory(session, table, signal)) found.push(lost('history', table, numbered))
    if (await hasTypedJson(session, table, signal)) found.push(lost('json', table, typed))
  }
  return found
}

const numbered =
  'its former rows are numbered by the transactions of this server: no other one can be given them (SELECT … FOR SYSTEM_TIME ALL reads them)'
const typed =
  'values inside its JSON are of types that the text of JSON does not tell (decimal numbers, times, binary strings): the text is delivered as it stands, but loaded again the first become double-precision numbers, the others strings'

function lost(kind: string, { name }: DefinedTable, reason: string): DefinedObject {
  return { id: `${kind}/${name}`, kind, name, files: [], meaning: 'unreadable', lost: reason }
}

/** Who took them would have them as current ones. */
async function hasNumberedHistory(
  session: Session,
  { name, numberedEnd }: DefinedTable,
  signal: AbortSignal,
): Promise<boolean> {
  if (numberedEnd === undefined) return false
  const former = `SELECT 1 FROM ${quoteName(name)} FOR SYSTEM_TIME ALL WHERE ${quoteName(numberedEnd)} < ~0 LIMIT 1`
  return (await session.rows(former, signal)).length > 0
}

/** MySQL's own type alone; to it a decimal number equals the double, and a time no string, so both are asked. */
async function hasTypedJson(session: Session, table: DefinedTable, signal: AbortSignal): Promise<boolean> {
  const differing = table.columns
    .filter(({ form }) => form === 'json')
    .map(({ name }) => {
      const column = quoteName(name)
      const loaded = jsonAsLoaded(column)
      return `NOT (${column} <=> ${loaded}) OR ${castBytes(column)} <> ${castBytes(loaded)}`
    })
  if (differing.length === 0) return false
  const one = `SELECT 1 FROM ${sourceOf(table)} WHERE ${differing.join(' OR ')} LIMIT 1`
  try {
    return (await session.rows(one, signal)).length > 0
  } catch (error) {
    if (isFailure(error) || signal.aborted) throw error
    // A table that cannot be read is found out, and said, when it is read.
    return false
  }
}
