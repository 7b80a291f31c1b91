import { asRestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import { type FindingCode, finding } from '../findings.ts'
import type { Bag } from './bag.ts'
import type { Check } from './check.ts'
import type { EntryJoin } from './entry-join.ts'
import { fileFinding } from './files.ts'

/** A full check while it runs. */
export interface Inside {
  readonly check: Check
  readonly opener: { readonly privateKeys: readonly PrivateKey[] }
  readonly join: EntryJoin
  readonly bags: ReadonlyMap<string, Bag>
  /** Sources whose index could not be read whole: their entries cannot be judged. */
  readonly unread: Set<string>
  /** Files that a key opened: with one of them, the keys are right. */
  readonly opened: Set<string>
}

/**
 * Turns the failure to read an index or volume into a finding. `mismatch` is what it means when the ciphertext is
 * as recorded. Rethrows what says nothing about the package, and `key-wrong` while nothing could be opened.
 */
export async function unreadable(
  inside: Inside,
  record: FileRecord,
  thrown: unknown,
  mismatch: FindingCode,
): Promise<void> {
  const { check } = inside
  const { code, message } = asRestituteError(thrown)
  if (code === 'key-wrong' && inside.opened.size === 0) throw thrown
  if (!['key-wrong', 'invalid', 'document-invalid', 'hostile-input'].includes(code)) throw thrown
  check.broken.add(record.name)
  const outside = code === 'invalid' ? await fileFinding({ ...check, onBytes: () => {} }, record) : undefined
  check.findings.add(
    outside ?? finding(code === 'hostile-input' ? 'hostile-content' : mismatch, record.name, message),
  )
}

/** Whether a message is encrypted to as many keys as the manifest names: a key that opens nothing would be found out too late. */
export function checkRecipients(
  { check }: Inside,
  { name }: FileRecord,
  got: number,
  code: 'index-undecryptable' | 'volume-undecryptable',
): void {
  const expected = new Set(check.package.manifest.recipients).size
  if (got === expected) return
  const message = 'it is not encrypted to as many keys as the manifest names recipients'
  check.findings.add(finding(code, name, message, { expected, got }))
}
