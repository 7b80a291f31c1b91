import { RestituteError } from '@restitute/core'
import { nativeFolders } from './defined-object.ts'
import type { Session } from './session.ts'

const made = /^CREATE TABLE `((?:[^`]|``)+)`/m

/**
 * Finds out, before anything is made, whether the server keeps the names of the tables: one that turns them to small letters has
 * others than what was delivered, and what differs in case alone only once. Throws `restore-failed`.
 */
export async function expectNames(
  session: Session,
  texts: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const [[mode] = []] = await session.texts('SELECT @@lower_case_table_names', signal)
  if (mode !== '1') return
  const names = [...texts].flatMap(([path, text]) =>
    path.includes(`/${nativeFolders.table}/`) ? (made.exec(text)?.[1] ?? []) : [],
  )
  const changed = names.find((name) => name !== name.toLowerCase())
  if (changed === undefined) return
  throw new RestituteError(
    'restore-failed',
    `make the table ${changed}: expected a server that keeps capitals in its name, got lower_case_table_names=1`,
    { hint: 'restore to a server with lower_case_table_names=0, which is chosen when a server is set up' },
  )
}
