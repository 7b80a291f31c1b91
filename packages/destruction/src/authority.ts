import { readFile } from 'node:fs/promises'
import { openPackage, type Package } from '@restitute/archive'
import type { Clock, KnownItem, Progress } from '@restitute/core'
import {
  authoritiesOf,
  type Dossier,
  exportersOf,
  type PackageFacts,
  type ReceiptFacts,
  type SignedFacts,
  signatureMaps,
  signedDocument,
  signedReceipt,
  storeDocument,
} from '@restitute/dossier'
import type { AcceptedLoss, LedgerEvent, Order, PackageRef, Scope, Sha256 } from '@restitute/manifest'
import { sha256Hex } from '@restitute/manifest'

import { type Verdict, verifyPackage } from '@restitute/verify'
import { type Copy, workCopy } from './copies.ts'
import type { Reach } from './reach.ts'

/** What a destruction, or its dry run, works on. */
export interface DestructionOptions {
  readonly dossier: Dossier
  readonly operation: string
  /** Of the bytes of the order, which lies in the dossier with its signatures. */
  readonly orderSha256: Sha256
  /** The register: {@link copiesOf}. */
  readonly copies: readonly Copy[]
  /** What the client holds of a source, ascending by id; may be asked for more than once. */
  readonly delivered: (source: string) => AsyncIterable<KnownItem>
  /** What the host knows to be lost or excluded over the whole delivery; asked for while the work folder is whole. */
  readonly losses: () => readonly AcceptedLoss[]
  /** Name of a copy → its fingerprint as the executor typed it (R35). */
  readonly typed: ReadonlyMap<string, string>
  readonly reach: Reach
  readonly clock: Clock
  readonly progress?: Progress
}

/** Everything that authorises a destruction, read and verified now. */
export interface Authority {
  /** Absent when nobody recorded one. */
  readonly scope?: SignedFacts<Scope>
  readonly order: SignedFacts<Order>
  readonly receipt: ReceiptFacts
  /** The delivery, in order; a package that is nowhere is left out, and the guard then refuses. */
  readonly packages: readonly PackageFacts[]
  readonly losses: readonly AcceptedLoss[]
}

/**
 * Reads order and receipt from the dossier and verifies every package of the delivery where it lies. Keeps each
 * package's manifest in the dossier's documents: evidence must survive the destruction of the packages.
 */
export async function gatherAuthority(o: DestructionOptions): Promise<Authority> {
  const order = await signedDocument(o.dossier, 'order', o.orderSha256)
  const receipt = await signedReceipt(o.dossier, order.document.receiptSha256)
  const packages: PackageFacts[] = []
  for (const ref of order.document.packages) packages.push(...(await packageFacts(o, order, ref)))
  const scope = await signedScope(o.dossier, o.operation)
  return {
    ...(scope === undefined ? {} : { scope }),
    order,
    receipt,
    packages,
    losses: workIsWhole(o) ? o.losses() : [],
  }
}

/** The scope of an operation that was recorded last. */
export async function signedScope(
  dossier: Dossier,
  operation: string,
): Promise<SignedFacts<Scope> | undefined> {
  const events = dossier.ledger.events()
  const scoped = events.findLast((event) => event.type === 'scoped' && event.operation === operation)
  const sha256 = scoped?.body['scopeSha256']
  return typeof sha256 === 'string' ? signedDocument(dossier, 'scope', sha256) : undefined
}

/** SHA-256 of `contract.yaml` as it lies there now; of nothing when it is gone. */
export async function contractDigest(dossier: Dossier): Promise<Sha256> {
  const bytes = await readFile(dossier.paths.contract).catch(() => new Uint8Array())
  return sha256Hex(bytes)
}

/**
 * Once the destruction of the work folder has begun, under whatever order, the journals may be gone; by then every source is,
 * or cannot be destroyed any more. Those of a package that was made since are new.
 */
function workIsWhole({ dossier, operation }: DestructionOptions): boolean {
  const events = dossier.ledger.events()
  const exported = events.findLast((e) => e.type === 'exported' && e.operation === operation)
  return !events.some(
    ({ type, sequence, body }) =>
      type === 'destruction-started' && body['copy'] === workCopy && sequence > (exported?.sequence ?? 0),
  )
}

async function packageFacts(
  o: DestructionOptions,
  order: SignedFacts<Order>,
  ref: PackageRef,
): Promise<PackageFacts[]> {
  if (isPackageBegun(o.dossier.ledger.events(), o.operation, ref)) return [await rememberedPackage(o, ref)]
  const stored = o.copies.filter((copy) => copy.package?.manifestSha256 === ref.manifestSha256)
  const facts: PackageFacts[] = []
  for (const copy of stored) facts.push(await verifiedPackage(o, order, ref, copy.url ?? ''))
  const worst = facts.find(({ verdict }) => verdict !== 'valid') ?? facts[0]
  return worst ? [worst] : []
}

/** Whether its destruction has begun, under whatever order of the operation. */
export function isPackageBegun(
  events: readonly LedgerEvent[],
  operation: string,
  { package: name }: PackageRef,
): boolean {
  return events.some(({ type, operation: of, body: { copy } }) => {
    const started = type === 'destruction-started' && of === operation
    return started && typeof copy === 'string' && copy.endsWith(`/${name}`)
  })
}

/** A package whose destruction has begun cannot verify any more; it did when that was allowed to begin. */
async function rememberedPackage(o: DestructionOptions, ref: PackageRef): Promise<PackageFacts> {
  const { document } = await signedDocument(o.dossier, 'manifest', ref.manifestSha256)
  return { ref, verdict: 'valid', manifest: document }
}

async function verifiedPackage(
  o: DestructionOptions,
  order: SignedFacts<Order>,
  ref: PackageRef,
  url: string,
): Promise<PackageFacts> {
  const destination = await o.reach.placeOf(url)
  const found = await openPackage(destination)
  const report = await verifyPackage({
    destination,
    trust: { signers: exportersOf(o.dossier), authorities: authoritiesOf(o.dossier.terms) },
    known: order.document.packages,
    signal: o.reach.signal,
    ...(o.progress ? { progress: o.progress } : {}),
  })
  const verdict: Verdict = found.sha256 === ref.manifestSha256 ? report.verdict : 'invalid'
  if (verdict === 'valid') await keepManifest(o.dossier, found)
  return { ref, verdict, manifest: found.manifest }
}

async function keepManifest(dossier: Dossier, found: Package): Promise<void> {
  const stem = `manifest-${found.manifest.package}`
  const signatures = signatureMaps(found.signatures)
  await storeDocument({ dossier, stem, extension: 'json', bytes: found.manifestBytes, ...signatures })
}
