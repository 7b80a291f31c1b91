import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fingerprint, type LedgerEvent, readDocument } from '@restitute/manifest'
import { type PublicKey, readPublicKey } from '@restitute/seal'
import { maxKeyBytes } from '../contract/key-files.ts'
import type { LoadedContract } from '../contract/loaded.ts'
import { bodyText } from '../event-body.ts'
import { readBounded } from '../files.ts'
import type { DossierPaths } from '../paths.ts'
import { allKeys, authoritiesOf, goodSignatures, isHost } from '../signatures.ts'
import { findDocument, type StoredDocument } from '../signed-documents.ts'
import { isOurs } from './unfilled.ts'

/**
 * A copy that nobody looked for counts as gone on a declaration alone: throws unless the document lies there, says what its
 * event says, and bears a good signature by whose word it is. The holder's key, which no contract names, was kept beside it.
 */
export async function checkDeclaration(
  { paths, contracts }: { readonly paths: DossierPaths; readonly contracts: readonly LoadedContract[] },
  { body, operation }: LedgerEvent,
): Promise<void> {
  const digest = bodyText(body, 'sha256')
  const stored = await findDocument(paths, digest)
  if (stored === undefined) throw new Error(`documents/ does not hold its document ${digest}`)
  checkSaid({ body, operation }, stored, contracts)
  const [word, wordOf] = [bodyText(body, 'word'), bodyText(body, 'wordOf')]
  const keys = [...contracts.flatMap(allKeys), ...(await keptKey(paths, wordOf))]
  const { name, bytes, signatures } = stored
  const good = await goodSignatures(name, bytes, signatures, keys, contracts.flatMap(authoritiesOf))
  if (!good.some(({ fingerprint }) => fingerprint === wordOf))
    throw new Error(`${name} bears no good signature by ${wordOf || 'anybody whom it names'}`)
  if ((word === 'host') !== contracts.some((terms) => isHost(terms, wordOf)))
    throw new Error(`whose word it is, is not what the signature on ${name} says`)
}

/** A letter says nothing that a program could read: its event names the copy, and no more. */
function checkSaid(
  { body, operation }: Pick<LedgerEvent, 'body' | 'operation'>,
  { name, bytes }: StoredDocument,
  contracts: readonly LoadedContract[],
): void {
  const said = isOurs(bytes) ? readDocument('declaration', bytes) : undefined
  const members = ['holder', 'method', 'endedAt', ...(said === undefined ? [] : (['copy'] as const))] as const
  const wrong = members.find((member) => body[member] !== said?.[member])
  if (wrong !== undefined) throw new Error(`its ${wrong} is not what ${name} says`)
  if (said === undefined) return
  const isKnown = contracts.some(({ sha256 }) => sha256 === said.contract.sha256)
  if (said.operation !== operation || !isKnown) throw new Error(`${name} is of another operation or contract`)
}

async function keptKey(paths: DossierPaths, fingerprint: Fingerprint): Promise<PublicKey[]> {
  for (const name of await readdir(paths.documents)) {
    if (!/^key-[0-9a-f]{64}\.asc$/.test(name)) continue
    const key = await readPublicKey(await readBounded(join(paths.documents, name), maxKeyBytes))
    if (key.fingerprint === fingerprint) return [key]
  }
  return []
}
