import type { Documents } from '../src/index.ts'
import { sha256Hex } from '../src/index.ts'
import { statements } from './statement-examples.ts'

/*
 * One example of every document, with every optional member: the files in `manifests/v1/examples/` are their
 * canonical bytes. That they compile shows that the types take what the schemas take.
 */

const hash = (name: string): string => sha256Hex(name)
const key = (name: string): string => sha256Hex(name).slice(0, 40)
const time = '2026-11-22T10:00:00Z'

const head = {
  createdAt: time,
  contract: { reference: 'CHU-2026-014', sha256: hash('contract.yaml') },
  operation: 'R1',
  demonstration: true,
} as const

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`
const packageRef = { package: 'R1-0001', manifestSha256: hash('R1-0001/manifest.json') }
const checkpoint = { sequence: 12, sha256: hash('line 12') }

const manifest: Documents['manifest'] = {
  schema: 'restitute/manifest/v1',
  id: id(1),
  ...head,
  package: 'R1-0002',
  sequence: 2,
  base: packageRef,
  contractPinned: true,
  ledger: checkpoint,
  recipients: [key('client 1'), key('client 2')],
  volumes: [
    {
      name: 'volumes/000001.tar.zst.pgp',
      bytes: 181_204,
      sha256: hash('volume 1'),
      source: 'records',
      shard: '000001',
      entries: 12,
      plaintextBytes: 804_113,
    },
  ],
  indexes: [
    {
      name: 'index/records-01.jsonl.zst.pgp',
      bytes: 3_104,
      sha256: hash('index'),
      source: 'records',
      lines: 57,
      saltSha256: hash('salt'),
      plaintextSha256: hash('index in clear'),
    },
  ],
  files: [{ name: 'LISEZMOI.md', bytes: 2_048, sha256: hash('LISEZMOI.md') }],
  sources: [
    {
      name: 'records',
      instance: 'PRIM',
      kind: 'sqlite',
      fingerprint: '3f2a-9c1b-77de',
      view: { point: 'data version 41', consistency: 'snapshot', takenAt: time },
      totals: {
        inventoried: { items: 45, bytes: 900_100 },
        exported: { items: 40, bytes: 800_100 },
        unchanged: { items: 3, bytes: 90_000 },
        removed: { items: 1, bytes: 100 },
        excluded: { items: 1, bytes: 9_000 },
        lost: { items: 1, bytes: 1_000 },
      },
      payload: { files: 41, bytes: 804_000 },
      reasons: { 'read error': 1, 'excluded by contract': 1 },
      declaredEmpty: true,
    },
  ],
  readBack: { mode: 'hash', volumes: 1, bytes: 181_204 },
  measurements: [
    {
      stage: 'compress',
      source: 'records',
      bytesIn: 804_113,
      bytesOut: 180_000,
      items: 12,
      busySeconds: 0.25,
      waitingSeconds: 0.5,
      retries: 0,
    },
  ],
  tools: { node: '26.10.0', openpgp: '6.3.2', restitute: '0.1.0' },
}

const receipt: Documents['receipt'] = {
  schema: 'restitute/receipt/v1',
  id: id(2),
  ...head,
  packages: [{ ...packageRef, salts: { 'index/records-01.jsonl.zst.pgp': hash('a salt') } }],
  sources: [
    {
      source: 'records',
      integrity: 'passed',
      decryption: 'passed',
      completeness: 'passed',
      exploitability: 'not-checked',
      items: 40,
      bytes: 800_100,
    },
  ],
  documentationReceived: true,
  clientBackup: true,
  decision: 'reservations',
  reservations: ['Une table est arrivée sans ses commentaires.\nElle reste exploitable.'],
  consent: {
    destruction: true,
    accepts: [{ source: 'records', commitment: hash('an item'), state: 'lost', reason: 'read error' }],
  },
  signer: { name: 'Camille Exemple', function: 'Directrice des systèmes d’information' },
}

const order: Documents['order'] = {
  schema: 'restitute/order/v1',
  id: id(3),
  ...head,
  expiresAt: '2026-12-22T10:00:00Z',
  packages: [packageRef],
  receiptSha256: hash('receipt.json'),
  copies: [
    {
      name: 'records',
      kind: 'source',
      instance: 'PRIM',
      fingerprint: '3f2a-9c1b-77de',
      heldBy: 'Bravo',
      deferredUntil: '2026-12-27T10:00:00Z',
    },
  ],
  ledger: checkpoint,
}

const certificate: Documents['certificate'] = {
  schema: 'restitute/certificate/v1',
  id: id(4),
  ...head,
  status: 'partial',
  host: { name: 'Hébergeur Exemple', siren: '123456789', fingerprint: key('host') },
  client: { name: 'CHU Exemple', siren: '987654321', fingerprints: [key('client 1')] },
  packages: [packageRef],
  receiptSha256: hash('receipt.json'),
  receiptForm: 'handwritten',
  orderSha256: hash('order.json'),
  authorisers: [key('authoriser 1'), key('authoriser 2')],
  executor: key('operator'),
  verifier: key('verifier'),
  copies: [
    {
      name: 'records',
      kind: 'source',
      instance: 'PRIM',
      country: 'FR',
      fingerprint: '3f2a-9c1b-77de',
      outcome: 'destroyed-observed-absent',
      method: { category: 'none', technique: 'unlink', limits: ['blocks of the disk are not overwritten'] },
      items: 45,
      bytes: 900_100,
      startedAt: time,
      stampedAt: time,
      finishedAt: '2026-11-22T10:00:02Z',
      steps: 3,
      probe: {
        at: '2026-11-22T11:00:00Z',
        state: 'absent',
        identity: 'uid 1001',
        looked: ['/srv/ehr/records.db'],
        limits: ['snapshots of the disk are not visible to this account'],
      },
      declaration: {
        at: time,
        word: 'holder',
        wordOf: key('bravo'),
        holder: 'Bravo',
        method: 'rotation',
        endedAt: time,
      },
      heldBy: 'Bravo',
      deferredUntil: '2026-12-27T10:00:00Z',
    },
  ],
  limits: ['Says nothing of copies outside the scope.'],
  ledger: checkpoint,
}

const scope: Documents['scope'] = {
  schema: 'restitute/scope/v1',
  id: id(5),
  ...head,
  sources: [
    {
      name: 'records',
      instance: 'PRIM',
      kind: 'sqlite',
      fingerprint: '3f2a-9c1b-77de',
      items: 45,
      bytes: 900_100,
      excluded: 'kept for the litigation of 2025',
    },
  ],
  copies: [{ name: 'nightly-backups', instance: 'PRIM', kind: 'backup', heldBy: 'Bravo', rotation: 'P35D' }],
  leftOut: [{ url: 'sqlite:/srv/ehr/test.db', reason: 'belongs to another client' }],
}

/** Each its own: a test changes one of them. */
const seconds = (): { low: number; estimate: number; high: number } => ({
  low: 80.5,
  estimate: 100,
  high: 125,
})

const rehearsal: Documents['rehearsal'] = {
  schema: 'restitute/rehearsal/v1',
  id: id(6),
  ...head,
  name: 'REH3',
  startedAt: time,
  endedAt: '2026-11-22T10:12:00Z',
  share: 0.05,
  seed: 'REH3 2026-11-22T10:00:00Z',
  manifestSha256: hash('manifest.json'),
  sources: [
    {
      name: 'documents',
      kind: 'files',
      inventoried: { items: 10_000, bytes: 900_000_000 },
      drawn: { items: 510, bytes: 44_000_000 },
      inPart: 1,
      strata: [{ name: 'file 6', volumes: 300, drawn: 15, items: 9_000, bytes: 60_000_000 }],
      restored: { items: 510, bytes: 44_000_000, different: 0 },
      notRestored: 'the restoration failed',
      cost: { perVolume: 0.01, perItem: 0.0001, perByte: 1e-8, work: seconds() },
    },
  ],
  measurements: [
    {
      stage: 'read',
      source: 'documents',
      bytesIn: 44_000_000,
      bytesOut: 44_000_000,
      items: 510,
      busySeconds: 0.5,
      waitingSeconds: 2.25,
      retries: 0,
    },
  ],
  controls: [{ control: 'flip', caught: true }],
  destroyed: [{ copy: 'package REH3-0001', technique: 'unlink', state: 'absent' }],
  failures: [{ step: 'restore', code: 'restore-failed', message: 'source documents: no room' }],
  forecast: {
    from: time,
    level: 0.9,
    workers: 2,
    runSpread: 0.1,
    bytes: 900_000_000,
    written: 500_000_000,
    export: seconds(),
    delivery: seconds(),
    delivered: seconds(),
    verification: seconds(),
    bottleneck: { stage: 'read', source: 'documents', share: 0.4 },
    instead: [{ change: 'twice-the-workers', delivered: seconds(), verdict: 'holds' }],
    growth: { bytesPerDay: 1_000_000, since: time, rehearsals: 3 },
  },
  deadlines: [
    {
      name: 'restitution',
      rules: ['contract'],
      duration: 'P30D',
      ends: '2026-12-22T23:00:00Z',
      allowedSeconds: 2_640_000,
      needed: seconds(),
      verdict: 'holds',
    },
  ],
  verdict: 'holds',
  passed: false,
  by: key('operator'),
  ledger: checkpoint,
}

/** Every signed document, by kind. */
export const documents: Documents = {
  ...statements,
  manifest,
  receipt,
  order,
  certificate,
  scope,
  rehearsal,
}
