import type { Documents } from '../src/index.ts'
import { sha256Hex } from '../src/index.ts'

const time = '2026-11-22T10:00:00Z'

const head = {
  createdAt: time,
  contract: { reference: 'CHU-2026-014', sha256: sha256Hex('contract.yaml') },
  operation: 'R1',
  demonstration: true,
} as const

const id = (n: number): string => `00000000-0000-4000-8000-00000000001${n}`
const signer = { name: 'Camille Exemple', function: 'Directrice des systèmes d’information' }

/** One example of each statement, with every optional member, whether or not its kind may have it. */
export const statements: Pick<
  Documents,
  'statement' | 'request' | 'declaration' | 'custody' | 'mandate' | 'incident'
> = {
  statement: {
    schema: 'restitute/statement/v1',
    id: id(1),
    ...head,
    kind: 'contest',
    text: 'Les images de 2019 manquent.',
    of: 12,
    waives: ['notice', 'retrieval'],
    about: [{ source: 'documents', items: '2019/*' }],
    scopeSha256: sha256Hex('scope'),
    signer,
  },
  request: {
    schema: 'restitute/request/v1',
    id: id(2),
    ...head,
    kind: 'restitution',
    reason: 'on-demand',
    sources: ['documents'],
    endsAt: '2027-01-31T23:00:00Z',
    text: 'Restitution des documents.',
    signer,
  },
  declaration: {
    schema: 'restitute/declaration/v1',
    id: id(3),
    ...head,
    copy: 'nightly-backups',
    holder: 'Bravo SAS',
    method: 'rotation of the tapes',
    endedAt: time,
    text: 'The last tape was overwritten.',
    signer,
  },
  custody: {
    schema: 'restitute/custody/v1',
    id: id(7),
    ...head,
    copy: 'medium/WX-1234',
    holder: 'CHU Exemple',
    text: 'The disk stays in our vault.',
    signer,
  },
  mandate: {
    schema: 'restitute/mandate/v1',
    id: id(4),
    ...head,
    commands: ['export', 'deliver'],
    expiresAt: '2026-12-22T10:00:00Z',
    key: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n…\n-----END PGP PUBLIC KEY BLOCK-----\n',
    text: 'Nightly packages.',
  },
  incident: {
    schema: 'restitute/incident/v1',
    id: id(5),
    ...head,
    nature: 'lost-medium',
    discoveredAt: time,
    text: 'The parcel with disk WX-1234 did not arrive.',
    categories: ['patients', 'letters'],
    persons: 1200,
    records: 40_000,
    consequences: 'None likely: the medium is encrypted to the client.',
    measures: 'A search by the carrier; a second medium.',
    contact: 'dpo@example.org',
    notifiedAt: time,
  },
}
