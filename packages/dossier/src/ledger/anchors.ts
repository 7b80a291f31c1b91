import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Json, RestituteError } from '@restitute/core'
import { type Checkpoint, canonicalJson, type LedgerEvent, parseJson } from '@restitute/manifest'
import { readBounded, readIfThere, writeWhole } from '../files.ts'
import type { DossierPaths } from '../paths.ts'

const maxBytes = 16 * 1024 * 1024

/** A checkpoint and the file that holds it. */
export interface Anchor {
  readonly file: string
  readonly checkpoint: Checkpoint
}

/**
 * Refuses a ledger that does not hold every checkpoint that was ever taken of it and is still known here: the
 * one in `ledger.head`, written with each event, and those in orders and certificates. A chain alone cannot
 * show that its end was cut off. Whoever can rewrite all of these files can still do so: the copies of the
 * documents in the client's hands then disagree. Throws `invalid`.
 */
export function checkAnchors(
  anchors: readonly Anchor[],
  events: readonly LedgerEvent[],
  head: Checkpoint | undefined,
): void {
  for (const { file, checkpoint } of anchors) {
    const got = digestAt(events, head, checkpoint.sequence)
    if (got !== checkpoint.sha256) throw contradicted(file, checkpoint, events.length, got)
  }
}

/** Remembers the head of the ledger outside of it. */
export async function writeHead(paths: DossierPaths, head: Checkpoint): Promise<void> {
  await writeWhole(paths.head, Buffer.from(canonicalJson(head)))
}

/**
 * The checkpoints that are known here, for {@link checkAnchors}. Read before the ledger: another process may be writing to
 * it, and what it pins in the meantime would be missing from a ledger that was read first.
 */
export async function readAnchors(paths: DossierPaths): Promise<readonly Anchor[]> {
  const anchors: Anchor[] = []
  const head = await readIfThere(paths.head, maxBytes)
  if (head !== undefined) anchors.push(...anchorIn('ledger.head', () => parseJson(head)))
  const names = await readdir(paths.documents).catch(() => [])
  for (const name of names.filter((file) => /^(?:order|certificate)-.*\.json$/.test(file)).sort()) {
    const bytes = await readBounded(join(paths.documents, name), maxBytes)
    anchors.push(...anchorIn(name, () => member(parseJson(bytes), 'ledger')))
  }
  return anchors
}

/** Nothing where no checkpoint can be read: whether a document is whole is for its verification to say. */
function anchorIn(file: string, read: () => Json | undefined): Anchor[] {
  try {
    const value = read() ?? null
    const [sequence, sha256] = [member(value, 'sequence'), member(value, 'sha256')]
    if (typeof sequence !== 'number' || typeof sha256 !== 'string') return []
    return [{ file, checkpoint: { sequence, sha256 } }]
  } catch {
    return []
  }
}

function member(value: Json, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)[name]
    : undefined
}

/** Digest of the line of an event: its follower quotes it, the last one's is the head. */
function digestAt(
  events: readonly LedgerEvent[],
  head: Checkpoint | undefined,
  sequence: number,
): string | undefined {
  return sequence === head?.sequence ? head.sha256 : events[sequence]?.previous
}

function contradicted(
  file: string,
  expected: Checkpoint,
  count: number,
  got: string | undefined,
): RestituteError {
  const what =
    got === undefined ? `it has only ${count} events: its end is missing` : 'that event is another one'
  return new RestituteError('invalid', `ledger.jsonl: ${file} pins event ${expected.sequence}, but ${what}`, {
    details: { finding: 'checkpoint-differs', expected: expected.sha256, got },
    hint: 'restore the ledger from a backup; the client holds checkpoints in the documents it received',
  })
}
