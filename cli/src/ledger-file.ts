import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemCode } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { type CheckedDocument, checkCheckpoints, type Report, verifyLedgerLines } from '@restitute/verify'
import { fileBytes } from './file-bytes.ts'
import { rawLines } from './raw-lines.ts'

/**
 * Verifies a ledger, and that it is the one that the documents in `documents/` beside it and the manifests of these
 * packages pin.
 */
export async function verifyLedgerFile(o: {
  readonly path: string
  readonly keys: ReadonlyMap<Fingerprint, PublicKey>
  readonly packages: readonly string[]
}): Promise<Report> {
  // First what pins the ledger: whoever is writing to it may pin more of it while it is read.
  const stored = await documentsIn(join(dirname(o.path), 'documents'))
  const named = await Promise.all(o.packages.map((folder) => documentAt(folder, 'manifest.json')))
  let cut = 0
  const lines = rawLines(o.path, (bytes) => (cut = bytes))
  const reading = await verifyLedgerLines({ lines, keys: o.keys })
  const report = checkCheckpoints(reading, [...stored, ...named])
  return cut === 0 ? report : { ...report, notChecked: [...report.notChecked, cutSentence(cut)] }
}

/** No command counts it, either: nobody was told that it was written. */
function cutSentence(bytes: number): string {
  return `what follows its last whole line: an event that is incomplete (${bytes} bytes), by a crash while it was written; the next event sets it aside`
}

async function documentsIn(folder: string): Promise<CheckedDocument[]> {
  const names = await readdir(folder).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return []
    throw thrown
  })
  const pinning = names.filter((name) => /^(?:manifest|order|certificate)-.*\.json$/.test(name)).sort()
  return Promise.all(pinning.map((name) => documentAt(folder, name)))
}

async function documentAt(folder: string, name: string): Promise<CheckedDocument> {
  return { name: join(basename(folder), name), bytes: await fileBytes(join(folder, name)) }
}
