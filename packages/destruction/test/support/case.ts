import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { type Clock, isoTime, type JsonObject } from '@restitute/core'
import { type Dossier, openDossier, pinContract, storeDocument } from '@restitute/dossier'
import {
  type Contract,
  documentBytes,
  type EventType,
  type Receipt,
  type Scope,
  sha256Hex,
} from '@restitute/manifest'
import { type PrivateKey, signDetached } from '@restitute/seal'
import {
  type Copy,
  copiesOf,
  type ExecuteOptions,
  folderFingerprint,
  type OrderRequest,
  writeOrder,
} from '../../src/index.ts'
import { contractOf, receiptOf, scopeOf } from './documents.ts'
import { type MadePackage, makePackage } from './package.ts'
import type { People } from './people.ts'
import { type Fault, treeConnector } from './tree-connector.ts'

/** A clock that a test sets. */
export interface TestClock extends Clock {
  set(time: string): void
}

/** A dossier whose delivery the client has accepted, with everything set for a destruction but the order. */
export interface Case {
  readonly dir: string
  /** Folder of the only source, `records`. */
  readonly source: string
  readonly people: People
  readonly clock: TestClock
  readonly dossier: Dossier
  readonly made: MadePackage
  readonly receiptSha256: string
  readonly copies: readonly Copy[]
}

/**
 * Carries a contract up to the accepted delivery, in `root`. `lost`: a file of the source that could not be delivered
 * and that the client's consent lists.
 */
export async function acceptedCase(root: string, people: People, lost?: string): Promise<Case> {
  const dir = join(root, 'dossier')
  const source = join(root, 'records')
  mkdirSync(source)
  for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(source, name), `content of ${name}`)
  const clock = testClock('2026-01-05T09:00:00Z')
  await pinnedDossier(dir, contractOf(root, source, people), people, clock)
  const dossier = await openDossier(dir)
  const contract = { reference: 'CHU-2026-014', sha256: dossier.terms.sha256 }
  const { append, documented } = writersOf(dossier, people, clock)
  const fingerprint = (await folderFingerprint(source)) ?? ''
  await documented('scoped', 'scope', scopeOf(contract, clock, fingerprint), [people.host, people.client])
  await append('export-started', { package: 'R1-0001' })
  const made = await makePackage({
    source: 'records',
    dir: source,
    place: join(root, 'vault'),
    contract,
    recipients: dossier.terms.keys.clients,
    operator: people.operator,
    at: clock.now(),
  })
  const ref = { package: 'R1-0001', manifestSha256: made.sha256 }
  await append('exported', { ...ref, sequence: 1, incomplete: false })
  await append('delivered', { packages: [ref], place: 'at the client', channel: 'directory' })
  if (lost !== undefined) writeFileSync(join(source, lost), 'never delivered')
  const receipt = receiptOf(contract, made, clock, lost)
  const receiptSha256 = await documented('acknowledged', 'receipt', receipt, [people.client])
  const notice = await stored(dossier, 'notice-R1', Buffer.from('notice of erasure\n'), [people.host], clock)
  await append('notice', { sha256: notice, signers: [people.host.fingerprint] })
  clock.set('2026-02-05T09:00:00Z')
  mkdirSync(dossier.paths.work, { recursive: true })
  writeFileSync(join(dossier.paths.work, 'journal.db'), 'the inventory')
  const lies = { ...ref, destination: 'vault', url: made.url }
  const copies = copiesOf(dossier.terms.contract, [lies], dossier.paths.work)
  return { dir, source, people, clock, dossier, made, receiptSha256, copies }
}

/** A clock that stands still until it is set. */
export function testClock(start: string): TestClock {
  let now = new Date(start)
  return {
    now: () => new Date(now),
    set: (time) => {
      now = new Date(time)
    },
  }
}

async function pinnedDossier(dir: string, contract: Contract, people: People, clock: Clock): Promise<void> {
  mkdirSync(join(dir, 'keys'), { recursive: true })
  for (const [name, key] of Object.entries(people)) {
    writeFileSync(join(dir, 'keys', `${name}.asc`), key.publicKey.armored)
  }
  const path = join(dir, 'contract.yaml')
  const bytes = Buffer.from(JSON.stringify(contract, null, 2))
  writeFileSync(path, bytes)
  for (const key of [people.host, people.client]) {
    const { armored } = await signDetached(bytes, key, clock.now())
    writeFileSync(`${path}.${key.fingerprint}.asc`, armored)
  }
  await pinContract({ dir, key: people.operator, at: clock.now() })
}

/** Ways to write events, with and without a signed document behind them. */
export function writersOf(dossier: Dossier, people: People, clock: Clock) {
  const append = async (type: EventType, body: JsonObject, key = people.operator): Promise<void> => {
    await dossier.ledger.append({ type, operation: 'R1', body, key, at: clock.now() })
  }
  const documented = async (
    type: EventType,
    kind: 'scope' | 'receipt',
    document: Scope | Receipt,
    signers: readonly PrivateKey[],
  ): Promise<string> => {
    const bytes = documentBytes(kind, document as never)
    const sha256 = await stored(dossier, `${kind}-R1`, bytes, signers, clock)
    const fingerprints = signers.map(({ fingerprint }) => fingerprint)
    const facts =
      'decision' in document ? { decision: document.decision, consent: document.consent.destruction } : {}
    await append(type, {
      [`${kind}Sha256`]: sha256,
      ...facts,
      signers: fingerprints,
      signedAt: isoTime(clock.now()),
    })
    return sha256
  }
  return { append, documented }
}

async function stored(
  dossier: Dossier,
  stem: string,
  bytes: Uint8Array,
  signers: readonly PrivateKey[],
  clock: Clock,
): Promise<string> {
  const signatures = new Map<string, Uint8Array>()
  for (const key of signers) {
    const { armored } = await signDetached(bytes, key, clock.now())
    signatures.set(key.fingerprint, Buffer.from(armored))
  }
  await storeDocument({ dossier, stem, extension: 'json', bytes, signatures })
  return sha256Hex(bytes)
}

/** Writes the order, has both authorisers sign it and records all that. */
export async function authorise(c: Case, changes: Partial<OrderRequest> = {}): Promise<string> {
  const head = c.dossier.ledger.head()
  if (!head) throw new Error('empty ledger')
  const { bytes, order, sha256 } = await writeOrder({
    terms: c.dossier.terms,
    operation: 'R1',
    packages: [c.made],
    receiptSha256: c.receiptSha256,
    copies: c.copies,
    at: c.clock.now(),
    expiresAt: new Date('2026-03-01T00:00:00Z'),
    ledger: head,
    ...changes,
  })
  const authorisers = [c.people.first, c.people.second]
  await stored(c.dossier, 'order-R1', bytes, authorisers, c.clock)
  const { append } = writersOf(c.dossier, c.people, c.clock)
  await append('order-written', { orderSha256: sha256, expiresAt: order.expiresAt }, c.people.first)
  for (const key of authorisers)
    await append('order-signed', { orderSha256: sha256, signer: key.fingerprint }, key)
  return sha256
}

/** One more signature on the order, recorded. */
export async function signOrder(c: Case, orderSha256: string, key: PrivateKey): Promise<void> {
  const bytes = readFileSync(join(c.dossier.paths.documents, 'order-R1.json'))
  await stored(c.dossier, 'order-R1', bytes, [key], c.clock)
  const { append } = writersOf(c.dossier, c.people, c.clock)
  await append('order-signed', { orderSha256, signer: key.fingerprint }, key)
}

/** Everything that `executeDestruction` wants, with every fingerprint typed as ordered. */
export function execution(c: Case, orderSha256: string, changes: { fault?: Fault } = {}): ExecuteOptions {
  return {
    dossier: c.dossier,
    operation: 'R1',
    orderSha256,
    copies: c.copies,
    delivered: async function* () {
      yield* c.made.items
    },
    losses: () => [],
    typed: typedBy(c),
    reach: reachOf(changes.fault),
    clock: c.clock,
    executor: c.people.operator,
  }
}

function typedBy(c: Case): ReadonlyMap<string, string> {
  const seen = c.dossier.ledger.events().filter(({ type }) => type === 'copy-seen')
  return new Map(seen.map(({ body }) => [body['copy'] as string, body['fingerprint'] as string]))
}

/** Reaches the folders of a test. */
export function reachOf(fault?: Fault): ExecuteOptions['reach'] {
  return {
    connectorOf: async () => treeConnector(fault),
    placeOf: async (url) => directoryDestination(url.slice('directory:'.length)),
    signal: new AbortController().signal,
  }
}

/** What {@link seeCopies} and {@link probeCopies} want. */
export function looking(c: Case) {
  const { dossier, copies, clock } = c
  return { dossier, operation: 'R1', copies, verifier: c.people.verifier, reach: reachOf(), clock }
}
