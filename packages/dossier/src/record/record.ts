import { RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import { readBounded } from '../files.ts'
import { assertSignedBy } from '../signatures.ts'
import { challengeAnswered } from './challenge.ts'
import { type ProofKind, proofKinds } from './claims.ts'
import { clientTime, keep, type SignedFile, signedFile, signersOf } from './keep.ts'
import { eventsOf, type RecordKind, type RecordOptions } from './options.ts'
import { recordProof } from './proof.ts'

/**
 * Takes a document into the dossier: checks it and its signatures, keeps a copy with its signatures in
 * `documents/`, appends its event. Who must sign: the scope host and client; a receipt, a waiver and the
 * closing of a contest a client key; a release whoever placed the hold; a notice the host; a declaration
 * anybody whom the contract knows. A contest, hold, withdrawal or incident is taken as it is, in any form and even unsigned: nobody should need a
 * key to stop a destruction. Nothing is recorded when it throws: `not-found`, `document-invalid`,
 * `signature-invalid`, `usage` (recorded already, nothing to close, unknown copy, package not delivered), and
 * what `append` throws.
 */
export async function record(o: RecordOptions): Promise<LedgerEvent> {
  await using _lock = await o.dossier.lock()
  if (o.kind === 'challenge') return await recordAnswer(o)
  const file = await signedFile(o)
  return isProof(o.kind) ? await recordProof(o, file, o.kind) : await recordAsIs(o, file, o.kind)
}

function isProof(kind: RecordKind): kind is ProofKind {
  return proofKinds.some((proof) => proof === kind)
}

async function recordAnswer(o: RecordOptions): Promise<LedgerEvent> {
  const recipient = challengeAnswered(eventsOf(o), await readBounded(o.file, 4096))
  const { key, at } = o
  const type = 'challenge-answered'
  return o.dossier.ledger.append({ type, operation: 'dossier', body: { recipient }, key, at })
}

async function recordAsIs(
  o: RecordOptions,
  file: SignedFile,
  type: Exclude<RecordKind, ProofKind | 'challenge'>,
): Promise<LedgerEvent> {
  if (type === 'notice') assertSignedBy(o.dossier.terms, file.name, signersOf(file), ['host'])
  const copy = type === 'declaration' ? { copy: declaredCopy(o) } : {}
  if (type === 'declaration' && file.signed.length === 0) throw unsigned(file)
  const time = type === 'notice' ? clientTime(o, file) : {}
  return keep(o, file, { type, digest: 'sha256', facts: { ...copy, ...time } })
}

/** A copy counts as gone on a declaration alone: somebody whom the contract knows must answer for it. */
function unsigned({ name }: SignedFile): RestituteError {
  const hint = `its holder signs it, or else a person of the host who vouches for it: restitute sign ${name} --as <key>`
  return new RestituteError('signature-invalid', `${name}: no good signature by a key of the contract`, {
    hint,
  })
}

function declaredCopy({ dossier, copy }: RecordOptions): string {
  const { instances, destinations } = dossier.terms.contract
  const known = instances.flatMap(({ sources, copies }) =>
    [...(sources ?? []), ...(copies ?? [])].map(({ name }) => name),
  )
  const isPackage = destinations.some(({ name }) => copy?.startsWith(`${name}/`))
  if (copy !== undefined && (known.includes(copy) || isPackage)) return copy
  throw new RestituteError('usage', `declaration: expected the name of a copy, got ${copy ?? 'none'}`, {
    hint: `the contract has ${known.join(', ')}`,
  })
}
