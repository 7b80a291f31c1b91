import type { Certificate, CertifiedCopy, Receipt } from '@restitute/manifest'
import type { DocumentSignature, Edition } from '../src/index.ts'

const key = (n: number): string => String(n).repeat(40)
const digest = (n: number): string => String(n).repeat(64)

const head = {
  id: '7f0d1f0e-3c60-4c7e-9f57-1f2f3e4d5c6b',
  createdAt: '2026-11-22T10:00:00Z',
  contract: { reference: 'CHU-2026-014', sha256: digest(1) },
  operation: 'R1',
} as const

const packages = [
  { package: 'R1-0001', manifestSha256: digest(2) },
  { package: 'R1-0002', manifestSha256: digest(3) },
]

/** Accepted, with consent and one accepted loss. */
export const receipt: Receipt = {
  ...head,
  schema: 'restitute/receipt/v1',
  packages: packages.map((p) => ({ ...p, salts: { 'index/records-01.jsonl.zst.pgp': digest(4) } })),
  sources: [
    {
      source: 'records',
      integrity: 'passed',
      decryption: 'passed',
      completeness: 'passed',
      exploitability: 'not-checked',
      items: 1204,
      bytes: 98765432,
    },
    {
      source: 'documents',
      integrity: 'passed',
      decryption: 'passed',
      completeness: 'failed',
      exploitability: 'passed',
      items: 3050,
      bytes: 1234567890,
    },
  ],
  documentationReceived: true,
  clientBackup: false,
  decision: 'accepted',
  reservations: [],
  consent: {
    destruction: true,
    accepts: [{ source: 'documents', commitment: digest(5), state: 'lost', reason: 'read error' }],
  },
  signer: { name: 'Camille Exemple', function: 'Directrice des systèmes d’information' },
}

const probe = {
  at: '2026-11-23T09:30:00Z',
  state: 'absent',
  identity: 'uid 1001 (probe)',
  looked: ['/srv/ehr/records.db', '/srv/ehr/records.db-wal'],
  limits: ['snapshots of the disk are not visible to this account'],
} as const

const copy = (name: string, outcome: CertifiedCopy['outcome']): CertifiedCopy => ({
  name,
  kind: 'backup',
  instance: 'BACK',
  country: 'DE',
  outcome,
})

/** One copy of every outcome. */
export const certificate: Certificate = {
  ...head,
  schema: 'restitute/certificate/v1',
  status: 'partial',
  host: { name: 'Hébergeur Exemple', siren: '123456789', fingerprint: key(1) },
  client: { name: 'CHU Exemple', siren: '987654321', fingerprints: [key(2), key(3)] },
  packages,
  receiptSha256: digest(6),
  orderSha256: digest(7),
  authorisers: [key(4), key(5)],
  executor: key(6),
  verifier: key(7),
  copies: [
    {
      name: 'records',
      kind: 'source',
      instance: 'PRIM',
      country: 'FR',
      fingerprint: '3f2a-9c1b-77de',
      outcome: 'destroyed-observed-absent',
      method: {
        category: 'none',
        technique: 'unlink',
        limits: ['blocks of the disk are not overwritten'],
      },
      items: 1204,
      bytes: 98765432,
      startedAt: '2026-11-22T21:00:00Z',
      finishedAt: '2026-11-22T21:00:12Z',
      steps: 3,
      probe,
    },
    { ...copy('old-replica', 'observed-absent'), kind: 'replica', probe },
    { ...copy('work', 'destroyed-not-checked'), kind: 'work', startedAt: '2026-11-22T22:00:00Z' },
    { ...copy('tapes', 'declared'), heldBy: 'Bravo' },
    { ...copy('nightly-backups', 'deferred'), deferredUntil: '2026-12-27T10:00:00Z', heldBy: 'Bravo' },
    copy('shared-layers', 'shared-kept'),
    {
      ...copy('archive', 'legally-retained'),
      bypassGovernance: true,
      method: { category: 'none', technique: 'delete by version', limits: [] },
      probe: {
        ...probe,
        state: 'present',
        kept: [{ reason: 'legally-retained', count: 1204, until: '2036-01-01T00:00:00Z' }],
      },
    },
    { ...copy('offsite', 'could-not-check'), probe: { ...probe, state: 'could-not-check' } },
    { ...copy('medium-1', 'not-destroyed'), kind: 'medium', probe: { ...probe, state: 'present' } },
  ],
  limits: ['Says nothing of copies outside the declared scope.', 'Times are those of the host’s clock.'],
  ledger: { sequence: 1042, sha256: digest(8) },
}

/** A disk that the client keeps. */
export const keptMedium: CertifiedCopy = {
  ...copy('medium/WX-1', 'client-custody'),
  kind: 'medium',
  heldBy: 'CHU Exemple',
  declaration: { at: '2026-11-23T09:00:00Z', word: 'holder', wordOf: key(2), holder: 'CHU Exemple' },
}

/** One copy, destroyed and observed absent. */
export const finalCertificate: Certificate = {
  ...certificate,
  status: 'final',
  copies: certificate.copies.slice(0, 1),
}

export const signatures: readonly DocumentSignature[] = [
  {
    name: `certificate-R1-1.json.${key(7)}.asc`,
    fingerprint: key(7),
    signedAt: '2026-11-23T10:00:00Z',
    signer: 'Ana Martin <a.martin@example.org>',
  },
]

/** An edition of a document that is called `certificate-R1-1.json`. */
export const edition = (language: 'fr' | 'en'): Edition => ({
  language,
  requirement: 'EXI 27 (HDS v2.0)',
  name: 'certificate-R1-1.json',
  parties: { host: 'Hébergeur Exemple', client: 'CHU Exemple' },
  names: new Map([
    [key(6), 'Bruno Exemple'],
    [key(7), 'Ana Martin'],
  ]),
})
