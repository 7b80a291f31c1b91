import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import { type LedgerEvent, readDocument, sha256Hex } from '@restitute/manifest'
import { type PublicKey, verifyDetached } from '@restitute/seal'
import {
  checkpointHolds,
  type Finding,
  finding,
  type Signer,
  type Trust,
  verifySignedDocument,
} from '@restitute/verify'
import { readSigned } from './signed-files.ts'

/** Whose word a bundle can be traced back to. */
export interface Origin {
  /** Those named who have signed the contract inside. */
  readonly signers: readonly Signer[]
  /** `origin-unknown`, when it cannot. */
  readonly findings: readonly Finding[]
}

/**
 * Traces a bundle back to the keys that the reader trusts. That one of them signed the contract is not enough: a
 * contract names its keys by file, so that a forger could keep the text with its signatures and put other keys beside
 * it. The event that pins the key files must be signed by a trusted key, or lie before a checkpoint that one has
 * acknowledged: its receipt names manifests, and each manifest pins the ledger.
 */
export async function originOf(dossier: Dossier, named: readonly PublicKey[]): Promise<Origin> {
  const contract = await readSigned(dossier.paths.contract)
  const signers = await contractSigners(dossier, contract, named)
  if (signers.length === 0) return { signers, findings: [unsigned(dossier, named, contract.signatures)] }
  const pin = dossier.ledger.events().findLast(({ type }) => /^contract-(?:pinned|amended)$/.test(type))
  if (pin === undefined || named.some(({ fingerprint }) => fingerprint === pin.person))
    return { signers, findings: [] }
  const trust: Trust = { signers: named.filter((key) => isParty(dossier, key)) }
  const anchored = await isAcknowledged(dossier, trust, pin)
  return { signers, findings: anchored ? [] : [unanchored(pin)] }
}

/** Only the parties' own keys: one who merely acts for the host vouches for no contract. */
function isParty({ terms }: Dossier, { fingerprint }: PublicKey): boolean {
  return [terms.keys.host, ...terms.keys.clients].some((key) => key.fingerprint === fingerprint)
}

async function contractSigners(
  dossier: Dossier,
  { bytes, signatures }: Awaited<ReturnType<typeof readSigned>>,
  named: readonly PublicKey[],
): Promise<Signer[]> {
  const parties = named.filter((key) => isParty(dossier, key))
  const signers: Signer[] = []
  for (const file of signatures) {
    for (const { state, fingerprint, signedAt } of await verifyDetached(
      bytes,
      file.bytes,
      parties,
      new Date(),
    )) {
      const key = parties.find((one) => one.fingerprint === fingerprint)
      if (state === 'good' && key !== undefined && signedAt !== undefined)
        signers.push({ fingerprint: key.fingerprint, signedAt: isoTime(signedAt), name: key.userId })
    }
  }
  return signers
}

async function isAcknowledged({ paths, ledger }: Dossier, trust: Trust, pin: LedgerEvent): Promise<boolean> {
  const names = (await readdir(paths.documents)).filter((name) => name.endsWith('.json'))
  const manifests = names.filter((name) => name.startsWith('manifest-'))
  const acknowledged = new Set<string>()
  for (const name of names.filter((one) => one.startsWith('receipt-'))) {
    const signed = await readSigned(join(paths.documents, name))
    const { verdict, document } = await verifySignedDocument({ ...signed, kind: 'receipt', trust })
    if (verdict === 'valid') for (const ref of document?.packages ?? []) acknowledged.add(ref.manifestSha256)
  }
  for (const name of manifests) {
    const { bytes } = await readSigned(join(paths.documents, name))
    if (!acknowledged.has(sha256Hex(bytes))) continue
    const { ledger: pinned } = readDocument('manifest', bytes)
    const reading = { events: ledger.events(), head: ledger.head() }
    if (pinned && pinned.sequence >= pin.sequence && checkpointHolds(name, pinned, reading).length === 0)
      return true
  }
  return false
}

function unsigned(
  { terms }: Dossier,
  named: readonly PublicKey[],
  signatures: readonly { readonly name: string }[],
): Finding {
  const { host, clients } = terms.keys
  const inside = [`host ${host.fingerprint}`, ...clients.map((key) => `client ${key.fingerprint}`)].join(', ')
  const why =
    named.length === 0
      ? 'nobody was named whom you trust (--signer)'
      : 'none of the keys named is one of a party that signed the contract inside'
  const files = `${signatures.length} signature files`
  return finding('origin-unknown', 'contract.yaml', `${why}; it says to be between these, with ${files}`, {
    got: inside,
  })
}

function unanchored({ sequence, person }: LedgerEvent): Finding {
  const message =
    'a key that you trust signed the contract, but nothing signed with it says which key files belong to the contract: no receipt of a package that pins the ledger; name the key of who recorded the contract too'
  return finding('origin-unknown', `event ${sequence}`, message, { got: person })
}
