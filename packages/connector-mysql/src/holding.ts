import { isLost } from './errors.ts'
import type { Table } from './schema.ts'
import type { Session } from './session.ts'
import { quoteName } from './text.ts'

/**
 * Has sessions of one view hold the definitions of these tables: whoever alters one waits for the first that holds it, and those that
 * come later wait behind him. Answers whether all hold what the first holds; one that cannot would never come to read it.
 */
export async function heldByAll(
  [first, ...others]: readonly [Session, ...Session[]],
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<boolean> {
  if (others.length === 0) return true
  for (const table of tables) {
    // What the first cannot hold, the inventory says of it.
    if (!(await holds(first, table, signal))) continue
    const held = await Promise.all(others.map((other) => holds(other, table, signal)))
    if (held.includes(false)) return false
  }
  return true
}

async function holds(session: Session, { name }: Table, signal: AbortSignal): Promise<boolean> {
  const sql = `SET STATEMENT lock_wait_timeout=1 FOR SELECT 1 FROM ${quoteName(name)} LIMIT 0`
  try {
    await session.run(sql, signal)
    return true
  } catch (error) {
    if (signal.aborted || isLost(error)) throw error
    return false
  }
}
