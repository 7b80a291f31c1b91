import type { Session } from './session.ts'

const end = 'ROLLBACK TO SAVEPOINT restitute; RELEASE SAVEPOINT restitute'

/** Settings for a time, as SQL. */
export type Settings = Readonly<Record<string, string>>

/**
 * Begins to read something by itself, inside the transaction of the view: once the result is disposed of, its settings and its locks are gone,
 * and the transaction goes on whatever failed. A server has room for some 6000 locks, of which the holder of the view
 * has one for each table.
 */
export async function apart(
  session: Session,
  signal: AbortSignal,
  settings: Settings = {},
): Promise<AsyncDisposable> {
  const set = Object.entries(settings).map(([name, value]) => `; SET ${name} = ${value}`)
  await session.script(signal, `SAVEPOINT restitute${set.join('')}`)
  return {
    async [Symbol.asyncDispose]() {
      if (session.alive) await session.script(signal, end)
    },
  }
}
