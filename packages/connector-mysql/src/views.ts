import { type Definition, nativeFolders } from './defined-object.ts'
import { isFailure, isReadOnly, reasonOf } from './errors.ts'
import { lostObject, madeTwice, meaningOf, programSettings, replacing } from './made.ts'
import { referencesOf } from './references.ts'
import type { Session } from './session.ts'
import { quoteName, unqualified } from './text.ts'

/**
 * A view is made twice: first without its definer, each after those that it reads, then with it, in the other order. One that
 * the server cannot resolve is not made.
 */
export async function viewOf(
  session: Session,
  name: string,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [[, shown = '', client = '', collation = ''] = []] = await session.texts(
    `SHOW CREATE VIEW ${quoteName(name)}`,
    signal,
  )
  const sql = unqualified(shown, session.location.database)
  const columns = await session
    .texts(`SHOW COLUMNS FROM ${quoteName(name)}`, signal)
    .catch((error: unknown) => {
      if (isFailure(error) || isReadOnly(error) || signal.aborted) throw error
      return reasonOf(error)
    })
  const settings = programSettings({ mode: '', zone: '+00:00', client, collation, sql })
  const meaning = JSON.stringify([collation, meaningOf(sql)])
  const { elsewhere, packaged, needs } = referencesOf(shown, session.location.database)
  const path = `${nativeFolders.view}/${safe}.sql`
  const making = (made: string): string[] => [replacing(made)]
  const files = madeTwice({ kind: 'view', path, safe, settings, sql, making })
  const lost = whyLost(columns, elsewhere, packaged)
  return lost === undefined
    ? { files, meaning, needs }
    : { meaning, ...lostObject({ kind: 'view', files }, lost) }
}

function whyLost(
  columns: unknown,
  elsewhere: string | undefined,
  packaged: string | undefined,
): string | undefined {
  if (typeof columns === 'string') return `the view does not work in the source either: ${columns}`
  if (elsewhere !== undefined) return `it reads the database ${elsewhere}, which is no part of this source`
  if (packaged === undefined) return undefined
  return `it calls a function of the package ${packaged}, which a view names with its database, and the copy may have another`
}
