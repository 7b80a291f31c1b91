import { compareUtf8, safeNames } from '@restitute/core'
import { readDatabase } from './database-object.ts'
import type { DefinedObject, Definition, Listed } from './defined-object.ts'
import { isFailure, isReadOnly, reasonOf } from './errors.ts'
import { libraryOf, listedLibraries } from './libraries.ts'
import { programOf } from './programs.ts'
import { sequenceOf } from './sequences.ts'
import { Session } from './session.ts'
import { definedId, ofSchema, quoteText } from './text.ts'
import { triggerFacts, triggerOf } from './triggers.ts'
import { viewOf } from './views.ts'

/** Every object of a database but its tables. One that cannot be read is lost. */
export async function readObjects(session: Session, signal: AbortSignal): Promise<DefinedObject[]> {
  const schema = quoteText(session.location.database)
  const lists = listings(schema).map((sql) => session.texts(sql, signal))
  const listed = (await Promise.all([...lists, listedLibraries(session, schema, signal)])).flat()
  const [[collation = ''] = []] = await session.texts('SELECT @@collation_database', signal)
  const objects = listed.map(([kind = '', name = '', ...facts]) => ({
    ...{ kind: kind.toLowerCase(), name, facts, collation },
  }))
  const read: DefinedObject[] = [await readDatabase(session, schema, signal)]
  for (const [kind, ones] of Map.groupBy(objects, (one) => one.kind)) {
    const safe = safeNames(ones.map(({ name }) => Buffer.from(name)))
    for (const [i, one] of ones.entries())
      read.push(await readObject(session, one, safe[i] ?? '', kind, signal))
  }
  return read.sort((a, b) => compareUtf8(a.id, b.id))
}

function listings(schema: string): string[] {
  const from = (what: string, table: string, column: string): string =>
    `SELECT ${what} FROM information_schema.${table} WHERE ${ofSchema(column, schema)}`
  return [
    `${from("LOWER(IF(TABLE_TYPE='VIEW','view','sequence')), TABLE_NAME", 'TABLES', 'TABLE_SCHEMA')} AND TABLE_TYPE IN ('VIEW', 'SEQUENCE')`,
    from('ROUTINE_TYPE, ROUTINE_NAME', 'ROUTINES', 'ROUTINE_SCHEMA'),
    from(`'trigger', TRIGGER_NAME, ${triggerFacts}`, 'TRIGGERS', 'TRIGGER_SCHEMA'),
    from("'event', EVENT_NAME", 'EVENTS', 'EVENT_SCHEMA'),
  ]
}

async function readObject(
  session: Session,
  one: Listed,
  safe: string,
  kind: string,
  signal: AbortSignal,
): Promise<DefinedObject> {
  const { name } = one
  const base = { id: definedId(kind, name), kind: kind.replace(' ', '-'), name }
  try {
    return { ...base, ...(await definitionOutside(session, one, safe, signal)) }
  } catch (error) {
    if (isFailure(error) || signal.aborted) throw error
    return {
      ...base,
      files: [],
      meaning: 'unreadable',
      lost: `its definition cannot be read: ${reasonOf(error)}`,
    }
  }
}

/**
 * A transaction that only reads is refused the definition of a view that draws from a sequence. No definition but that of a
 * table is held by the transaction: a session without one reads the same.
 */
async function definitionOutside(
  session: Session,
  one: Listed,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  try {
    return await definitionOf(session, one, safe, signal)
  } catch (error) {
    if (!isReadOnly(error)) throw error
    await using outside = await Session.open(session.location, signal, session.location.database)
    return await definitionOf(outside, one, safe, signal)
  }
}

function definitionOf(session: Session, one: Listed, safe: string, signal: AbortSignal): Promise<Definition> {
  if (one.kind === 'view') return viewOf(session, one.name, safe, signal)
  if (one.kind === 'sequence') return sequenceOf(session, one.name, safe, signal)
  if (one.kind === 'library') return libraryOf(session, one.name, safe, signal)
  if (one.kind === 'trigger') return triggerOf(session, one, safe, signal)
  return programOf(session, one, safe, signal)
}
