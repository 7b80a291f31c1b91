import { type Item, throwIfInterrupted } from '@restitute/core'
import type { Definitions, PlacedTable } from './definitions.ts'
import type { TablePlan } from './row-entries.ts'
import type { Table } from './schema.ts'
import type { Session } from './session.ts'
import type { Slice } from './slices.ts'
import { type Entries, inTurn, oneAhead, type Work } from './streams.ts'
import { tableEntries } from './table-entries.ts'

// Bytes; of what is longer two sessions would hold too much in memory at once.
const narrowRow = 64 * 1024

/** Whether two sessions may read at once a table whose longest row this is: each holds some rows in memory. */
export function isNarrow(longest: number): boolean {
  return longest <= narrowRow
}

/** Those that read something; the first is enough. */
type Sessions = readonly [Session, ...Session[]]

/** Who reads a database, and what is known of it. */
export interface Readers {
  readonly definitions: Definitions
  /** In one moment, and idle. */
  readonly sessions: Sessions
  /** Bytes of the texts and bytes of a row, at most. */
  readonly longest: (table: Table) => number
}

/** What is to be read of a table in one shard, and in which parts. */
interface Cut {
  readonly partBytes: number
  readonly slices: readonly Slice[]
}

/** The entries of items, in their order. Errors come as the sessions give them. */
export function readItems(
  readers: Readers,
  items: AsyncIterable<Item>,
  cut: Cut,
  signal: AbortSignal,
): Entries {
  return oneAhead(works(readers, items, cut), signal)
}

/** Only tables are begun ahead: what else there is may turn out to be lost with them. Sessions take their turns at it. */
async function* works(readers: Readers, items: AsyncIterable<Item>, cut: Cut): AsyncIterable<Work> {
  let { sessions } = readers
  for await (const item of items) {
    const [first, ...others] = sessions
    const own = { ...readers, sessions }
    const table = readers.definitions.tables.get(item.id)?.table
    const ahead = others.length > 0 && table !== undefined && isNarrow(readers.longest(table))
    yield { begin: (signal) => entriesOf(own, item, cut, signal), ahead }
    sessions = others[0] ? [others[0], ...others.slice(1), first] : sessions
  }
}

async function* entriesOf(readers: Readers, item: Item, cut: Cut, signal: AbortSignal): Entries {
  throwIfInterrupted(signal)
  const { definitions, sessions } = readers
  const placed = definitions.tables.get(item.id)
  if (item.lost !== undefined && placed) await definitions.lose([item.id], sessions[0], signal)
  const object = definitions.objects.get(item.id)
  if (object) yield* definitions.entriesOf(object)
  else if (placed) yield* entriesOfTable(readers, item, placed, cut, signal)
  else yield { item: item.id, lost: 'not in this view of the database' }
  const lost = item.lost ?? object?.lost
  if (lost !== undefined) yield { item: item.id, lost }
}

/** Each session reads its own slices, one after the other; all do at once. */
function entriesOfTable(
  { definitions, sessions, longest }: Readers,
  { lost, digest, count }: Item,
  { table, folder }: PlacedTable,
  { partBytes, slices }: Cut,
  signal: AbortSignal,
): Entries {
  const known = lost === undefined ? table : { ...table, lost }
  const plan = { partBytes, folder, modified: definitions.modified, digest, count, longest: longest(table) }
  const plans = slices.length > 0 ? slices.map((slice) => ({ ...plan, slice })) : [plan]
  const reads = sessions.map((session, i) => {
    const own = plans.filter((_, n) => n % sessions.length === i)
    return (joint: AbortSignal) => noted(definitions, session, known, own, joint)
  })
  return inTurn(reads, signal)
}

/** What needs a table that turns out to be lost is lost, too: triggers and views are read after the tables. */
async function* noted(
  definitions: Definitions,
  session: Session,
  table: PlacedTable['table'],
  plans: readonly TablePlan[],
  signal: AbortSignal,
): Entries {
  for (const plan of plans) {
    for await (const one of tableEntries(session, table, plan, signal)) {
      if ('lost' in one) await definitions.lose([one.item], session, signal)
      yield one
    }
  }
}
