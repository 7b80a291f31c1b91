import { RestituteError } from '@restitute/core'
import { nameOf } from './location.ts'
import type { Session } from './session.ts'
import { ofSchema, quoteName, quoteText } from './text.ts'

/** Where a database is being rebuilt. */
export interface EmptyPlace {
  /** Table that is there as long as the database is not whole. */
  readonly mark: string
  readonly unmark: string
  /** How to make the place as it was: nothing, or an empty database. */
  readonly before: readonly string[]
}

const mark = 'restitute-unfinished'

/** Makes the database where there is none, and marks it; throws `target-not-empty`. */
export async function makeEmpty(session: Session, signal: AbortSignal): Promise<EmptyPlace> {
  const { database } = session.location
  const name = quoteName(database)
  const [found] = await session.texts(
    `SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA
     WHERE SCHEMA_NAME = ${quoteText(database)}`,
    signal,
  )
  if (found) await expectEmpty(session, signal)
  else await session.run(`CREATE DATABASE ${name}`, signal)
  await session.run(`USE ${name}`, signal)
  await session.run(`CREATE TABLE ${quoteName(mark)} (a INT PRIMARY KEY)`, signal)
  const again = found ? [`CREATE DATABASE ${name} CHARACTER SET ${found[0]} COLLATE ${found[1]}`] : []
  return {
    mark,
    unmark: `DROP TABLE ${quoteName(mark)}`,
    before: [`DROP DATABASE IF EXISTS ${name}`, ...again],
  }
}

/** Makes the place as it was. */
export async function unmake(session: Session, place: EmptyPlace): Promise<void> {
  for (const sql of place.before) await session.run(sql)
}

async function expectEmpty(session: Session, signal: AbortSignal): Promise<void> {
  const schema = quoteText(session.location.database)
  const tables = { TABLES: 'TABLE_SCHEMA', ROUTINES: 'ROUTINE_SCHEMA', EVENTS: 'EVENT_SCHEMA' }
  for (const [table, column] of Object.entries(tables)) {
    const sql = `SELECT 1 FROM information_schema.${table} WHERE ${ofSchema(column, schema)} LIMIT 1`
    if ((await session.rows(sql, signal)).length === 0) continue
    throw new RestituteError(
      'target-not-empty',
      `restore to ${nameOf(session.location)}: expected an empty database`,
      {
        hint: 'name a database that does not exist yet; one with a table restitute-unfinished is what an earlier restoration left when it was killed',
      },
    )
  }
}
