import { compareUtf8, type Item } from '@restitute/core'
import { apart } from '../apart.ts'
import { isRaw } from '../connected.ts'
import { sha256 } from '../digest.ts'
import { apartLabels, label } from '../names.ts'
import type { Session } from '../session.ts'
import { otherQueries } from './others.ts'
import { relationQueries } from './relations.ts'
import { rightsQueries } from './rights.ts'
import { routineQueries } from './routines.ts'
import type { DefinitionQuery } from './types.ts'
import { queryOfAnyVersion } from './view-query.ts'

/**
 * Every object that the database defines, as an item without bytes: its digest is the SHA-256 of what it means, so that
 * comparing names the very function or index that differs. Read from the catalogue inside the view.
 */
export async function definitionItems(session: Session, signal: AbortSignal): Promise<Item[]> {
  await using _apart = await apart(session, signal)
  const items: Item[] = []
  for (const query of [...relationQueries, ...routineQueries, ...otherQueries, ...rightsQueries]) {
    if ((query.since ?? 0) > session.version) continue
    for (const [kind, names, meaning, lost] of await session.rows(signal, sqlOf(query, session.encoding))) {
      const digest = isRaw(session.encoding) ? (meaning ?? '') : sha256(ofAnyVersion(meaning ?? '{}'))
      const id = `definition/${kind}/${label(...(JSON.parse(names ?? '[]') as string[]))}`
      items.push({ id, kind: 'definition', bytes: 0, mark: digest, digest, ...(lost ? { lost } : {}) })
    }
  }
  return apartItems(items).sort((a, b) => compareUtf8(a.id, b.id))
}

/** Each with an id of its own, the same ones wherever the definitions are the same. */
function apartItems(items: Item[]): Item[] {
  items.sort((a, b) => compareUtf8(a.id, b.id) || compareUtf8(a.digest ?? '', b.digest ?? ''))
  const ids = apartLabels(items.map(({ id }) => id))
  return items.map((item, i) => ({ ...item, id: ids[i] ?? '' }))
}

/** What it means, whatever version of the server says it. */
function ofAnyVersion(meaning: string): string {
  const { query, ...rest } = JSON.parse(meaning) as { readonly query?: string }
  return query === undefined ? meaning : JSON.stringify({ ...rest, query: queryOfAnyVersion(query) })
}

/** What has bytes of no known encoding is hashed by the server: the driver would take many of them for the same. */
function sqlOf({ kind, names, meaning, lost = 'NULL', from }: DefinitionQuery, encoding: string): string {
  const text = `jsonb_strip_nulls(jsonb_build_object(${meaning}))::text`
  const told = isRaw(encoding)
    ? `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${text}, '${encoding}')), 'hex')`
    : text
  return `SELECT ${kind}, to_jsonb(${names})::text, ${told}, ${lost} FROM ${from}`
}
