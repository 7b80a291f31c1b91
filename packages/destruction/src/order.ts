import { addDuration, isoTime, parseDuration, RestituteError, shortFingerprint } from '@restitute/core'
import { documentHead, type LoadedContract } from '@restitute/dossier'
import {
  type Checkpoint,
  documentBytes,
  type Manifest,
  type Order,
  type OrderedCopy,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import { type Copy, isActedOn } from './copies.ts'
import { folderFingerprint } from './fingerprints.ts'

/** What an order is made of. */
export interface OrderRequest {
  readonly terms: LoadedContract
  readonly operation: string
  /** The whole delivery, oldest first. */
  readonly packages: readonly { readonly manifest: Manifest; readonly sha256: Sha256 }[]
  /** Of the bytes of the receipt that the order rests on. */
  readonly receiptSha256: Sha256
  /** What is to be destroyed, out of {@link copiesOf}; a part of the register makes a partial destruction. */
  readonly copies: readonly Copy[]
  /** Names of copies whose locks are to be lifted, where an authorised account may lift them. */
  readonly bypassGovernance?: readonly string[]
  readonly at: Date
  readonly expiresAt: Date
  /** Head of the ledger. */
  readonly ledger: Checkpoint
}

/** An order as it will be signed. */
export interface WrittenOrder {
  readonly order: Order
  /** Canonical JSON: what both authorisers sign. */
  readonly bytes: Uint8Array
  readonly sha256: Sha256
}

/**
 * Writes the order to destroy (R32), bound to the delivery, to the receipt and to each copy's fingerprint as it was
 * inventoried. Changes nothing; the caller signs, stores and records it. Throws `guard-refused` (guard
 * `delivery-valid`) for a source that no package of the delivery holds, `not-found` for a work folder that is gone,
 * `usage` for an order that is born expired or empty.
 */
export async function writeOrder(o: OrderRequest): Promise<WrittenOrder> {
  assertSensible(o)
  const order: Order = {
    schema: 'restitute/order/v1',
    ...documentHead(o.terms, o.operation, o.at),
    expiresAt: isoTime(o.expiresAt),
    packages: o.packages.map(({ manifest, sha256 }) => ({
      package: manifest.package,
      manifestSha256: sha256,
    })),
    receiptSha256: o.receiptSha256,
    copies: await Promise.all(o.copies.map((copy) => orderedCopy(copy, o))),
    ledger: o.ledger,
  }
  const bytes = documentBytes('order', order)
  return { order, bytes, sha256: sha256Hex(bytes) }
}

function assertSensible(o: OrderRequest): void {
  if (o.expiresAt <= o.at) {
    throw new RestituteError(
      'usage',
      `order: expected an expiry after ${isoTime(o.at)}, got ${isoTime(o.expiresAt)}`,
    )
  }
  if (o.copies.length === 0) throw new RestituteError('usage', 'order: expected at least one copy, got none')
  const sources = o.copies.filter(({ kind }) => kind === 'source').map(({ name }) => name)
  const strange = o.bypassGovernance?.find((name) => !sources.includes(name))
  if (strange !== undefined) {
    throw new RestituteError(
      'usage',
      `order: expected a source of the order whose locks are to be lifted, got ${strange}`,
    )
  }
}

async function orderedCopy(copy: Copy, o: OrderRequest): Promise<OrderedCopy> {
  return {
    name: copy.name,
    kind: copy.kind,
    instance: copy.instance,
    ...(isActedOn(copy) ? { fingerprint: await inventoriedFingerprint(copy, o) } : {}),
    ...(copy.heldBy === undefined ? {} : { heldBy: copy.heldBy }),
    ...(copy.rotation === undefined ? {} : { deferredUntil: rotatedBy(copy.rotation, o.at) }),
    ...(o.bypassGovernance?.includes(copy.name) ? { bypassGovernance: true } : {}),
  }
}

function rotatedBy(rotation: string, at: Date): string {
  return isoTime(addDuration(at, parseDuration(rotation)))
}

/** What the export saw, never what is there now: that is read again, and compared, when it is destroyed. */
async function inventoriedFingerprint(copy: Copy, o: OrderRequest): Promise<string> {
  if (copy.package) return shortFingerprint(copy.package.manifestSha256)
  if (copy.kind === 'source') return exportedFingerprint(copy.name, o)
  const fingerprint = await folderFingerprint(copy.url ?? '')
  if (fingerprint !== undefined) return fingerprint
  throw new RestituteError('not-found', `order: expected a work folder at ${copy.url}, got nothing`)
}

function exportedFingerprint(source: string, o: OrderRequest): string {
  const records = o.packages.flatMap(({ manifest }) => manifest.sources.filter(({ name }) => name === source))
  const fingerprints = new Set(records.map(({ fingerprint }) => fingerprint))
  const [fingerprint] = fingerprints
  if (fingerprint !== undefined && fingerprints.size === 1) return fingerprint
  const got = fingerprint === undefined ? 'none' : [...fingerprints].join(', ')
  throw new RestituteError(
    'guard-refused',
    `order: source ${source}: expected one fingerprint in the packages of the delivery, got ${got}`,
    {
      hint: 'export and deliver the source first, or leave it out of the order',
      details: { guard: 'delivery-valid' },
    },
  )
}
