import { RestituteError } from '@restitute/core'
import {
  type Fingerprint,
  type LedgerEvent,
  newerVersion,
  parseJson,
  type Sha256,
  sha256Hex,
  validateLedgerLine,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { type Report, verifyLedgerLines } from '@restitute/verify'
import type { LoadedContract } from './contract/loaded.ts'
import { maxContractBytes, readContract } from './contract/read-contract.ts'
import { readIfThere } from './files.ts'
import { guardRefused } from './guards/refusal.ts'
import { type Anchor, checkAnchors, readAnchors } from './ledger/anchors.ts'
import { FileLedger, type ReadLedger } from './ledger/file-ledger.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type LedgerFile, readLedgerFile } from './ledger/ledger-file.ts'
import { WriterLock } from './lock.ts'
import { checkMandated, type MandatedKey, mandatedKeys } from './mandates.ts'
import { type DossierPaths, pathsOf } from './paths.ts'
import { contractCopy, pinnedContracts } from './pinned-contracts.ts'
import { checkEvidence } from './record/evidence.ts'
import { allKeys } from './signatures.ts'

/** One client's case, open. */
export interface Dossier {
  readonly dir: string
  readonly paths: DossierPaths
  /** The contract in force: the pinned copy, or `contract.yaml` while nothing is pinned. */
  readonly terms: LoadedContract
  /** Every contract that was ever in force, oldest first; none before the first is pinned. */
  readonly contracts: readonly LoadedContract[]
  /** Whether host and client have signed the terms. */
  readonly pinned: boolean
  readonly ledger: Ledger
  /** Keys that act under a mandate, expired ones too. */
  readonly mandates: readonly MandatedKey[]
  /**
   * Makes this the only writer until disposed of; may be taken again by the same `Dossier`. Throws
   * `dossier-locked` naming the process that holds it; a lock whose process is gone is taken over.
   */
  lock(): Promise<AsyncDisposable>
}

/**
 * Opens a dossier and verifies it: the pinned contract with its signatures, the chain and the signatures of
 * the ledger, the checkpoints known here, and every document that an event rests on. Changes nothing. Throws
 * `not-found` (no dossier there), `contract-invalid`, `secret-in-clear`, `invalid` (tampered with, or
 * damaged), and `guard-refused` (guard `contract-pinned`) when `contract.yaml` is not the contract in force.
 */
export async function openDossier(dir: string): Promise<Dossier> {
  return open(dir, assertInForce)
}

/** The same for an amendment: `contract.yaml` may be another one than the contract in force. */
export async function openForPinning(dir: string): Promise<Dossier> {
  return open(dir, async () => {})
}

type Judge = (paths: DossierPaths, inForce: Sha256) => Promise<void>

async function open(dir: string, judge: Judge): Promise<Dossier> {
  const paths = pathsOf(dir)
  const found = await foundIn(paths)
  const pinned = await pinnedContracts(paths, looseEvents(found.file))
  const inForce = pinned.at(-1)
  if (inForce !== undefined) await judge(paths, inForce.sha256)
  const terms = inForce ?? (await readContract(dir))
  const read = await readUnder(paths, found, inForce === undefined ? [terms] : pinned)
  const lock = new WriterLock(paths.lock)
  return {
    dir,
    paths,
    terms,
    contracts: pinned,
    pinned: inForce !== undefined,
    ledger: new FileLedger(paths, lock, read),
    mandates: read.mandates,
    lock: () => lock.acquire(),
  }
}

/** A ledger before it is verified, and the checkpoints that must be in it. */
interface FoundLedger {
  readonly anchors: readonly Anchor[]
  readonly file: LedgerFile
}

async function foundIn(paths: DossierPaths): Promise<FoundLedger> {
  const anchors = await readAnchors(paths)
  return { anchors, file: await readLedgerFile(paths.ledger) }
}

/** The ledger with everything that its events rest on, verified under all contracts that were ever in force. */
async function readUnder(
  paths: DossierPaths,
  found: FoundLedger,
  contracts: readonly LoadedContract[],
): Promise<ReadLedger> {
  const mandates = await mandatedKeys(paths, looseEvents(found.file))
  const read = await verifiedLedger(found, contracts, mandates)
  checkMandated(read.events, mandates, contracts)
  await checkEvidence({ paths, events: read.events, contracts })
  return read
}

/** Throws what reading the ledger would throw if the last of these contracts, oldest first, were the one in force. */
export async function assertReadsUnder(
  paths: DossierPaths,
  contracts: readonly LoadedContract[],
): Promise<void> {
  await readUnder(paths, await foundIn(paths), contracts)
}

/** Events before they are verified: enough to find the contracts whose keys verify them. */
function looseEvents(file: LedgerFile): LedgerEvent[] {
  return file.lines.flatMap((line) => {
    try {
      return validateLedgerLine(parseJson(line)).event
    } catch {
      // Verifying the lines will say what is wrong with this one.
      return []
    }
  })
}

async function assertInForce(paths: DossierPaths, inForce: Sha256): Promise<void> {
  const bytes = await readIfThere(paths.contract, maxContractBytes)
  if (bytes !== undefined && sha256Hex(bytes) === inForce) return
  const got = bytes === undefined ? 'is missing' : 'is not the contract in force'
  throw guardRefused(
    'contract-pinned',
    `contract.yaml ${got}`,
    `put documents/${contractCopy(inForce).name} back, or have the change signed by both parties and record it as an amendment`,
  )
}

async function verifiedLedger(
  { anchors, file }: FoundLedger,
  contracts: readonly LoadedContract[],
  mandates: readonly MandatedKey[],
): Promise<ReadLedger> {
  const keys = keyring(contracts, mandates)
  const read = file.lines.length === 0 ? empty : await verifyLedgerLines({ lines: streamed(file), keys })
  if (read.report !== undefined) assertValid(read.report)
  checkAnchors(anchors, read.events, read.head)
  const inForce = contracts.at(-1)?.keys
  const writers = new Set(inForce && [inForce.host.fingerprint, ...inForce.persons.keys()])
  return { file, events: read.events, head: read.head, keys, writers, mandates }
}

const empty = { report: undefined, events: [], head: undefined }

async function* streamed(file: LedgerFile): AsyncIterable<Uint8Array> {
  yield* file.lines
}

function keyring(
  contracts: readonly LoadedContract[],
  mandates: readonly MandatedKey[],
): ReadonlyMap<Fingerprint, PublicKey> {
  const keys = [...mandates.map(({ key }) => key), ...contracts.flatMap(allKeys)]
  return new Map(keys.map((key) => [key.fingerprint, key]))
}

function assertValid(report: Report): void {
  if (report.verdict === 'valid') return
  const newer = report.findings.find(({ code }) => code === 'newer-version')
  if (report.verdict === 'could-not-check' && newer) throw newerVersion(`ledger.jsonl: ${newer.subject}`)
  const findings = report.findings.filter(({ severity }) => severity === 'error')
  const lines = findings.map(({ code, subject, message }) => `${code} ${subject}: ${message}`)
  throw new RestituteError('invalid', `ledger.jsonl: ${lines[0] ?? report.verdict}`, {
    details: { finding: findings[0]?.code, findings: lines },
    hint: 'restore the ledger from a backup; nothing is done on the strength of one that was tampered with',
  })
}
