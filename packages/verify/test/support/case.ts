import {
  type Certificate,
  canonicalJson,
  type DocumentKind,
  type Documents,
  documentBytes,
  type LedgerEvent,
  type Manifest,
  type Order,
  type Receipt,
  sha256Hex,
} from '@restitute/manifest'
import { type PrivateKey, type PublicKey, signDetached } from '@restitute/seal'
import type { SignedBytes } from '../../src/index.ts'
import { newPerson } from './keys.ts'

/** Everybody in one contract. */
export interface People {
  readonly executor: PrivateKey
  readonly first: PrivateKey
  readonly second: PrivateKey
  readonly verifier: PrivateKey
  readonly client: PrivateKey
  readonly stranger: PrivateKey
}

/** New keys for everybody. */
export async function newPeople(): Promise<People> {
  const names = ['executor', 'first', 'second', 'verifier', 'client', 'stranger'] as const
  const pairs = await Promise.all(names.map(async (name) => [name, await newPerson(name)] as const))
  return Object.fromEntries(pairs) as unknown as People
}

const salt = 'ab'.repeat(32)
const contract = { reference: 'TEST-1', sha256: sha256Hex('contract') }
const head = {
  id: '7f0d1f0e-3c60-4c7e-9f57-1f2f3e4d5c6b',
  createdAt: '2024-11-22T12:00:00Z',
  contract,
  operation: 'R1',
}
const fingerprint = '3f2a-9c1b-77de'

const none = { items: 0, bytes: 0 }
/** The one package of the delivery. */
export const manifest: Manifest = {
  ...head,
  schema: 'restitute/manifest/v1',
  package: 'R1-0001',
  sequence: 1,
  contractPinned: true,
  recipients: ['1'.repeat(40)],
  volumes: [],
  indexes: [
    {
      name: 'index/records-01.jsonl.zst.pgp',
      bytes: 1,
      sha256: sha256Hex('x'),
      source: 'records',
      lines: 1,
      saltSha256: sha256Hex(Buffer.from(salt, 'hex')),
      plaintextSha256: sha256Hex('y'),
    },
  ],
  files: [],
  sources: [
    {
      name: 'records',
      instance: 'PRIM',
      kind: 'sqlite',
      fingerprint,
      view: { point: 'x', consistency: 'snapshot', takenAt: head.createdAt },
      totals: {
        inventoried: none,
        exported: none,
        unchanged: none,
        removed: none,
        excluded: none,
        lost: none,
      },
      payload: { files: 0, bytes: 0 },
      reasons: {},
    },
  ],
  readBack: { mode: 'hash', volumes: 0, bytes: 0 },
  measurements: [],
  tools: {},
}

/** An event before it is numbered, dated and chained. */
export type Draft = Pick<LedgerEvent, 'type' | 'body'> & {
  readonly by: keyof People
  readonly at?: string
  /** Default: that of the case. */
  readonly operation?: string
}

/** What is to be otherwise than in the sound case. Digests that follow are made anew, unless changed themselves. */
export interface Changes {
  readonly receipt?: Partial<Receipt>
  readonly order?: Partial<Order>
  readonly certificate?: Partial<Certificate>
  /** The events up to the certificate. */
  readonly events?: (drafts: Draft[]) => Draft[]
  readonly signers?: {
    readonly order?: readonly (keyof People)[]
    readonly certificate?: readonly (keyof People)[]
  }
}

/** A whole case in memory: receipt, order, ledger, certificate. */
export interface Case {
  readonly receipt: SignedBytes
  readonly order: SignedBytes
  readonly certificate: SignedBytes
  /** Of the ledger, without line feeds, the `certified` event included. */
  readonly lines: readonly Uint8Array[]
  readonly manifests: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

/** Plays one contract end: one source destroyed and seen gone, a backup that rotation will remove. */
export async function playCase(people: People, changes: Changes = {}): Promise<Case> {
  const manifestBytes = documentBytes('manifest', manifest)
  const packages = [{ package: 'R1-0001', manifestSha256: sha256Hex(manifestBytes) }]
  const receipt = await signed('receipt', { ...receiptOf(packages), ...changes.receipt }, people, ['client'])
  const receiptSha256 = sha256Hex(receipt.bytes)
  const early = await chained(beforeOrder(packages, receiptSha256), people)
  const plain = { ...orderOf(packages, receiptSha256), ledger: headOf(early) }
  const order = await signed(
    'order',
    { ...plain, ...changes.order },
    people,
    changes.signers?.order ?? ['first', 'second'],
  )
  const orderSha256 = sha256Hex(order.bytes)
  const drafts = [...beforeOrder(packages, receiptSha256), ...afterOrder(orderSha256, people)]
  const late = await chained(changes.events?.(drafts) ?? drafts, people)
  const claimed: Certificate = {
    ...certificateOf(people, late),
    packages,
    receiptSha256,
    orderSha256,
    ledger: headOf(late),
    ...changes.certificate,
  }
  const certificate = await signed(
    'certificate',
    claimed,
    people,
    changes.signers?.certificate ?? ['verifier'],
  )
  const certified: Draft = {
    type: 'certified',
    body: { certificateSha256: sha256Hex(certificate.bytes), status: claimed.status },
    by: 'verifier',
  }
  const lines = await chained([...(changes.events?.(drafts) ?? drafts), certified], people)
  return { receipt, order, certificate, lines, manifests: [{ name: 'R1-0001', bytes: manifestBytes }] }
}

function receiptOf(packages: Order['packages']): Receipt {
  return {
    ...head,
    schema: 'restitute/receipt/v1',
    packages: packages.map((p) => ({ ...p, salts: { 'index/records-01.jsonl.zst.pgp': salt } })),
    sources: [],
    documentationReceived: true,
    clientBackup: true,
    decision: 'accepted',
    reservations: [],
    consent: { destruction: true, accepts: [] },
    signer: { name: 'Camille' },
  }
}

const backup = {
  name: 'tapes',
  kind: 'backup',
  instance: 'PRIM',
  deferredUntil: '2025-01-01T00:00:00Z',
} as const
const records = { name: 'records', kind: 'source', instance: 'PRIM', fingerprint } as const

function orderOf(packages: Order['packages'], receiptSha256: string): Omit<Order, 'ledger'> {
  return {
    ...head,
    schema: 'restitute/order/v1',
    expiresAt: '2024-12-22T12:00:00Z',
    packages,
    receiptSha256,
    copies: [records, backup],
  }
}

function beforeOrder(packages: Order['packages'], receiptSha256: string): Draft[] {
  const [first] = packages
  return [
    { type: 'contract-pinned', body: { sha256: contract.sha256, signers: [] }, by: 'executor' },
    {
      type: 'delivered',
      body: { packages: [{ ...first }], place: 'vault', channel: 'directory' },
      by: 'executor',
    },
    { type: 'acknowledged', body: { receiptSha256, decision: 'accepted', consent: true }, by: 'executor' },
  ]
}

const looked = { looked: ['/srv/records.db'], limits: ['snapshots'] }

function afterOrder(orderSha256: string, people: People): Draft[] {
  const copy = 'records'
  const signing = (by: 'first' | 'second'): Draft => ({
    type: 'order-signed',
    body: { orderSha256, signer: people[by].fingerprint },
    by,
  })
  const method = { category: 'none', technique: 'unlink', limits: ['blocks stay'] }
  return [
    { type: 'order-written', body: { orderSha256, expiresAt: '2024-12-22T12:00:00Z' }, by: 'first' },
    signing('first'),
    signing('second'),
    {
      type: 'copy-seen',
      body: { copy, fingerprint, identity: 'uid 1001', state: 'present' },
      by: 'verifier',
    },
    { type: 'destruction-started', body: { orderSha256, copy, fingerprint, ...method }, by: 'executor' },
    {
      type: 'destruction-finished',
      body: { orderSha256, copy, result: 'done', steps: 3, count: 1 },
      by: 'executor',
    },
    { type: 'copy-probed', body: { copy, state: 'absent', identity: 'uid 1001', ...looked }, by: 'verifier' },
    // No order is about the package: it lay on a disk that was shredded.
    { type: 'declaration', body: { copy: `vault/${manifest.package}` }, by: 'executor' },
  ]
}

type Bound = 'packages' | 'receiptSha256' | 'orderSha256' | 'ledger'

function certificateOf(people: People, lines: readonly Uint8Array[]): Omit<Certificate, Bound> {
  const events = lines.map(
    (line) => (JSON.parse(Buffer.from(line).toString()) as { event: LedgerEvent }).event,
  )
  const own = events.filter(({ body, operation }) => body['copy'] === records.name && operation === 'R1')
  const at = (type: string): string =>
    own.findLast((event) => event.type === type)?.at ?? '2024-11-22T12:00:00Z'
  return {
    ...head,
    schema: 'restitute/certificate/v1',
    status: 'partial',
    host: { name: 'Host', fingerprint: people.executor.fingerprint },
    client: { name: 'Client', fingerprints: [people.client.fingerprint] },
    authorisers: [people.first.fingerprint, people.second.fingerprint],
    executor: people.executor.fingerprint,
    verifier: people.verifier.fingerprint,
    copies: [
      {
        ...records,
        country: 'FR',
        outcome: 'destroyed-observed-absent',
        method: { category: 'none', technique: 'unlink', limits: ['blocks stay'] },
        startedAt: at('destruction-started'),
        finishedAt: at('destruction-finished'),
        steps: 3,
        probe: { at: at('copy-probed'), state: 'absent', identity: 'uid 1001', ...looked },
      },
      { ...backup, country: 'FR', outcome: 'deferred' },
    ],
    limits: ['None is said of other copies.'],
  }
}

/** A document with detached signatures of these people. */
export async function signed<K extends DocumentKind>(
  kind: K,
  document: Documents[K],
  people: People,
  by: readonly (keyof People)[],
): Promise<SignedBytes> {
  const bytes = documentBytes(kind, document)
  const name = `${kind}-R1.json`
  const signatures = await Promise.all(by.map((who) => signatureOf(name, bytes, people[who])))
  return { name, bytes, signatures }
}

async function signatureOf(
  name: string,
  bytes: Uint8Array,
  key: PrivateKey,
): Promise<{ name: string; bytes: Uint8Array }> {
  const { armored } = await signDetached(bytes, key, new Date('2024-11-22T13:00:00Z'))
  return { name: `${name}.${key.fingerprint}.asc`, bytes: Buffer.from(armored) }
}

/** Lines of a ledger: numbered, a minute apart, chained, signed. */
export async function chained(drafts: readonly Draft[], people: People): Promise<Uint8Array[]> {
  const lines: Uint8Array[] = []
  for (const { type, body, by, at, operation = 'R1' } of drafts) {
    const sequence = lines.length + 1
    const last = lines.at(-1)
    const person = people[by]
    const minute = String(sequence).padStart(2, '0')
    const event: LedgerEvent = {
      sequence,
      at: at ?? `2024-11-22T12:${minute}:00Z`,
      operation: type === 'contract-pinned' ? 'dossier' : operation,
      type,
      body,
      person: person.fingerprint,
      previous: last ? sha256Hex(last) : '0'.repeat(64),
    }
    lines.push(await signedLine(event, person))
  }
  return lines
}

const lineOf = new Map<string, Uint8Array>()

/** One line of a ledger. Signatures are salted: the same event gives the same line only by remembering it. */
export async function signedLine(event: LedgerEvent, person: PrivateKey): Promise<Uint8Array> {
  const text = canonicalJson(event)
  const known = lineOf.get(person.fingerprint + text)
  if (known) return known
  const { binary } = await signDetached(Buffer.from(text), person, new Date(event.at))
  const line = Buffer.from(canonicalJson({ event, signature: Buffer.from(binary).toString('base64') }))
  lineOf.set(person.fingerprint + text, line)
  return line
}

function headOf(lines: readonly Uint8Array[]): { sequence: number; sha256: string } {
  return { sequence: lines.length, sha256: sha256Hex(lines.at(-1) ?? '') }
}

/** The keys that the contract names, by fingerprint. */
export function knownKeys(people: People): ReadonlyMap<string, PublicKey> {
  const known = Object.values<PrivateKey>({ ...people }).filter((key) => key !== people.stranger)
  return new Map(known.map((key) => [key.fingerprint, key.publicKey]))
}
