import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Package } from '@restitute/archive'
import { type Destination, RestituteError } from '@restitute/core'
import {
  authoritiesOf,
  contractAt,
  type LoadedContract,
  openDossier,
  readContract,
  receiptEvent,
  statedForm,
} from '@restitute/dossier'
import type { LedgerEvent, Sha256 } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { type SignedByHand, type Trust, verifySignedDocument } from '@restitute/verify'
import { loadCertificates } from './keys.ts'
import { byRole, type RoleTrust, sameForAll } from './role-trust.ts'
import type { Session } from './session.ts'
import { signerKey } from './signer-keys.ts'

/**
 * Who may sign what: from `--signer` (key files, or fingerprints of keys that these packages bring), else from the contract of the dossier, else nobody. Time-stamping
 * authorities: that of the contract, and those named by `--timestamp-root`.
 */
export interface Trusting extends RoleTrust {
  readonly contract?: LoadedContract
  /** Every contract that was ever in force, for who acted before an amendment. */
  readonly contracts: readonly LoadedContract[]
  /** Who may sign a document that was written under this contract: its own persons, not those of an amendment. */
  readonly under: (contractSha256: Sha256 | undefined) => RoleTrust
  /** Who may sign a receipt: those of the contract under which the ledger took it in, else of the one that it names. */
  readonly receipt: (receiptSha256: Sha256, contractSha256: Sha256 | undefined) => Trust
  /** How a receipt was taken in that its ledger says was signed by hand. */
  readonly byHand: (receiptSha256: Sha256) => SignedByHand | undefined
}

/** Reads the keys that may sign; `lists`: revocation lists of time-stamping authorities, beside those of files. Errors: `key-missing`, `key-unfit`, `contract-invalid`. */
export async function trusting(
  session: Session,
  signers: readonly string[],
  timestampRoots: readonly string[] = [],
  packages: readonly Destination[] = [],
  lists: readonly Uint8Array[] = [],
): Promise<Trusting> {
  const named = await Promise.all(signers.map((given) => signerKey(given, packages)))
  const { contract, contracts, mandated, receivedUnder, byHand } = await termsOf(session)
  const roots = await Promise.all(timestampRoots.map(loadCertificates))
  const authorities = [
    ...roots,
    ...lists,
    ...[...contracts, ...(contract ? [contract] : [])].flatMap(authoritiesOf),
  ]
  if (named.length > 0 || contract === undefined) {
    const same = sameForAll({ signers: named, authorities })
    return {
      ...same,
      contracts,
      under: () => same,
      receipt: () => same.document.receipt,
      byHand: () => undefined,
      ...(contract === undefined ? {} : { contract }),
    }
  }
  const references = [contract, ...contracts].map((terms) => terms.contract.reference)
  const shared = { mandated, authorities, contracts: references }
  const inForce = byRole(contract, shared)
  const ever = contracts.map((terms) => byRole(terms, shared))
  const under = (sha256: Sha256 | undefined): RoleTrust =>
    ever[contracts.findIndex((terms) => terms.sha256 === sha256)] ?? inForce
  const receipt: Trusting['receipt'] = (receiptSha256, contractSha256) => {
    const then = receivedUnder(receiptSha256)
    const judges = then === undefined ? under(contractSha256) : byRole(then, shared)
    return judges.document.receipt
  }
  const exporters = [inForce, ...ever].flatMap((trust) => trust.package.signers)
  const anyExporter = { ...inForce.package, signers: distinct(exporters) }
  return { ...inForce, package: anyExporter, contract, contracts, under, receipt, byHand }
}

/** {@link trusting}, for packages. */
export async function packageTrust(
  session: Session,
  signers: readonly string[],
  packages: readonly Package[],
): Promise<Trust> {
  const places = packages.map(({ destination }) => destination)
  return (await trusting(session, signers, [], places)).package
}

/** The contract in force in a dossier, or the one that lies in a folder without ledger (a client's copy). */
async function termsOf(session: Session): Promise<Terms> {
  const unknown = (): undefined => undefined
  const nothing = { contracts: [], mandated: [], receivedUnder: unknown, byHand: unknown }
  if (!existsSync(join(session.dossierDir, 'contract.yaml'))) return nothing
  if (!existsSync(join(session.dossierDir, 'ledger.jsonl')))
    return { ...nothing, contract: await readContract(session.dossierDir) }
  const { terms, contracts, mandates, ledger } = await openDossier(session.dossierDir)
  const byHand = (sha256: Sha256): SignedByHand | undefined => takenByHand(ledger.events(), sha256)
  // A delivery made under one contract may be answered under its amendment, by a key or in a form that this one brought.
  const receivedUnder = (sha256: Sha256): LoadedContract | undefined => {
    const event = receiptEvent(ledger.events(), sha256)
    return event && contractAt(contracts, ledger.events(), event.sequence)
  }
  return { contract: terms, contracts, mandated: mandates.map(({ key }) => key), receivedUnder, byHand }
}

/** Opening the dossier has compared the event with the contract that was in force, and found the scan. */
function takenByHand(events: readonly LedgerEvent[], sha256: Sha256): SignedByHand | undefined {
  const event = receiptEvent(events, sha256)
  if (event === undefined || statedForm(event) !== 'handwritten') return undefined
  return {
    scanSha256: event.body['scanSha256'] as string,
    recordedBy: event.person,
    recordedAt: event.at,
  }
}

function distinct(keys: readonly PublicKey[]): PublicKey[] {
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()]
}

interface Terms {
  readonly contract?: LoadedContract
  readonly contracts: readonly LoadedContract[]
  /** Keys that export or deliver under a mandate. */
  readonly mandated: readonly PublicKey[]
  /** The contract under which the ledger took a receipt in; undefined where it holds none. */
  readonly receivedUnder: (receiptSha256: Sha256) => LoadedContract | undefined
  readonly byHand: Trusting['byHand']
}

/**
 * Refuses packages whose manifest nobody trusted has signed, before anything in them is read. Errors:
 * `signature-invalid`; `origin-unknown`, naming the fingerprint found, when nobody was named who may sign.
 */
export async function requireTrusted(
  session: Session,
  packages: readonly Package[],
  signers: readonly string[],
): Promise<{ readonly signers: readonly string[] }> {
  const trust = await packageTrust(session, signers, packages)
  const found = await Promise.all(packages.map((opened) => trustedSigners(opened, trust)))
  return { signers: [...new Set(found.flat())] }
}

async function trustedSigners(opened: Package, trust: Trust): Promise<string[]> {
  const name = opened.manifest.package
  const report = await verifySignedDocument({
    kind: 'manifest',
    name: 'manifest.json',
    bytes: opened.manifestBytes,
    signatures: opened.signatures,
    trust,
  })
  if (report.verdict === 'valid') return report.signers.map((signer) => signer.fingerprint)
  const claimed = opened.signatures.map((signature) => signature.fingerprint).join(', ') || 'nobody'
  if (report.verdict === 'invalid') {
    const [first] = report.findings.filter((f) => f.severity === 'error')
    throw new RestituteError(
      'signature-invalid',
      `package ${name}: ${first?.message ?? 'no good signature'}`,
      {
        details: { finding: first?.code, claimed },
      },
    )
  }
  throw new RestituteError(
    'origin-unknown',
    `package ${name}: origin not established; it says it is signed by ${claimed}`,
    {
      hint: 'compare that fingerprint with the one your host gave you, then name the key with --signer',
      details: { claimed },
    },
  )
}
