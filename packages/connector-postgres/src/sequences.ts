import { compareUtf8, type Item, safeNames } from '@restitute/core'
import { apart } from './apart.ts'
import { qualified, sha256 } from './digest.ts'
import { lossOf } from './errors.ts'
import { literal } from './location.ts'
import { apartLabels, label } from './names.ts'
import type { Session } from './session.ts'
import { notOfExtension, userSchemas } from './user-objects.ts'

/** A sequence of the view. Where it stands does not belong to any snapshot: it is read once, at the inventory. */
export interface Sequence {
  readonly schema: string
  readonly name: string
  readonly label: string
  readonly safeName: string
}

/** Id of a sequence's item. */
export function sequenceId(sequence: Sequence): string {
  return `sequence/${sequence.label}`
}

/** Every sequence of the view, ascending by label. */
export async function readSequences(session: Session, signal: AbortSignal): Promise<Sequence[]> {
  const rows = await session.rows(
    signal,
    `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND ${userSchemas}
       AND (${notOfExtension('pg_class', 'c.oid')} OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))) ORDER BY n.nspname, c.relname`,
  )
  const labels = apartLabels(rows.map(([schema, name]) => label(schema ?? '', name ?? '')))
  const found = rows.map(([schema, name], i) => {
    return { schema: schema ?? '', name: name ?? '', label: labels[i] ?? '' }
  })
  found.sort((a, b) => compareUtf8(a.label, b.label))
  const safe = safeNames(found.map((one) => Buffer.from(one.label)))
  return found.map((one, i) => ({ ...one, safeName: safe[i] ?? '' }))
}

/** Where a sequence stands; its attributes say all that its entry says. */
export async function sequenceItem(session: Session, sequence: Sequence, signal: AbortSignal): Promise<Item> {
  const id = sequenceId(sequence)
  const lost = (why: string): Item => ({
    id,
    kind: 'sequence-value',
    bytes: 0,
    mark: 'unreadable',
    lost: why,
  })
  try {
    await using _apart = await apart(session, signal)
    const [[last = '', called = ''] = []] = await session.rows(
      signal,
      `SELECT last_value, is_called FROM ${qualified(sequence)}`,
    )
    const attributes = { last: last ?? '', called: called === 't' }
    const digest = sha256(JSON.stringify(attributes))
    const bytes = sequenceScript(session, sequence, attributes).length
    return { id, kind: 'sequence-value', bytes, mark: digest, digest, attributes }
  } catch (error) {
    return lost(lossOf(error))
  }
}

/** Sets a sequence as it stood. */
export function sequenceScript(
  session: Session,
  sequence: Sequence,
  { last, called }: { last: string; called: boolean },
): Buffer {
  return session.bytesOf(`SELECT pg_catalog.setval(${literal(qualified(sequence))}, ${last}, ${called});\n`)
}
