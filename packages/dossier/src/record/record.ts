import { hostname } from 'node:os'
import { RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import { readBounded } from '../files.ts'
import { recordAsIs } from './as-is.ts'
import { challengeAnswered } from './challenge.ts'
import { type ProofKind, proofKinds } from './claims.ts'
import { signedFile } from './keep.ts'
import { eventsOf, type RecordKind, type RecordOptions } from './options.ts'
import { recordProof } from './proof.ts'
import { isOurs, refuseLaidOutAnew, refuseUnfilled } from './unfilled.ts'

/**
 * Takes a document into the dossier: checks it and its signatures, keeps a copy with its signatures in
 * `documents/`, appends its event. Who must sign: the scope host and client; a receipt, a request, a waiver, a custody and
 * the closing of a contest a client key; a release whoever placed the hold; the host a notice, a reminder, a
 * mandate, the closing of an incident, and that its certification is lost or its roles are withdrawn. A
 * contest, hold, withdrawal, incident or declaration is taken as it is, in any form and even unsigned: nobody
 * should need a key to stop a destruction. Nothing is recorded when it throws: `not-found`, `document-invalid`,
 * `signature-invalid`, `usage` (recorded already, nothing to close, unknown copy, package not delivered), and
 * what `append` throws.
 */
export async function record(o: RecordOptions): Promise<LedgerEvent> {
  await using _lock = await o.dossier.lock().catch((thrown: unknown) => {
    throw stopping.includes(o.kind) ? withWayToStop(thrown) : thrown
  })
  if (o.kind === 'challenge') return await recordAnswer(o)
  const file = await signedFile(o)
  if (isOurs(file.bytes)) refuseUnfilled(file.name, file.bytes)
  else if (!stopping.includes(o.kind)) refuseLaidOutAnew(file.name, file.bytes)
  return isProof(o.kind) ? await recordProof(o, file, o.kind) : await recordAsIs(o, file, o.kind)
}

/** What stops a destruction whatever it says, and is taken in any form. */
const stopping: readonly RecordKind[] = ['contest', 'hold', 'withdrawal']

/** To wait until a destruction has ended is no answer to who wants to stop it. */
function withWayToStop(thrown: unknown): unknown {
  if (!(thrown instanceof RestituteError) || thrown.code !== 'dossier-locked') return thrown
  const { code, message, details, hint = '' } = thrown
  const { pid, host } = details
  if (typeof pid !== 'number' || host !== hostname()) return thrown
  const way = `; if that is a destruction, end it first: kill -INT ${pid}, and record this before it is run again`
  return new RestituteError(code, message, { cause: thrown, details, hint: `${hint}${way}` })
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
