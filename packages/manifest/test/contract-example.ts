import type { Contract } from '../src/index.ts'
import { sha256Hex } from '../src/index.ts'

const hash = (name: string): string => sha256Hex(name)

/** A contract as `contract.yaml` gives it. */
export const contract: Contract = {
  restitute: 1,
  reference: 'CHU-2026-014',
  language: 'fr',
  profile: 'hds-2.0',
  demonstration: true,
  parties: {
    host: {
      name: 'Hébergeur Exemple',
      siren: '123456789',
      certificate: { scope: [3, 4, 6], issued: '2025-01-01', expires: '2028-01-01' },
      key: 'keys/host.asc',
      fingerprint: '1'.repeat(40),
    },
    client: {
      name: 'CHU Exemple',
      siren: '987654321',
      keys: ['keys/client-1.asc', 'keys/client-2.asc'],
      fingerprints: ['2'.repeat(40), '3'.repeat(40)],
      contacts: [
        {
          name: 'Camille Exemple',
          email: 'camille@chu.example',
          phone: '+33 1 00 00 00 00',
          referent: true,
        },
      ],
    },
  },
  persons: [
    {
      id: 'a.martin',
      name: 'Ana Martin',
      function: 'Exploitation',
      party: 'host',
      key: 'keys/a.martin.asc',
      fingerprint: '4'.repeat(40),
      roles: ['operator'],
    },
  ],
  actors: [{ code: 'Bravo', identity: 'Bravo SAS', role: 'backups', level: 'hds' }],
  guarantees: {
    administrator: 'Bravo',
    comment: 'Bravo holds the backups as well.',
    objectives: [
      {
        instance: 'PRIM',
        A: ['Bravo'],
        B: ['Bravo'],
        C: ['Bravo'],
        D: ['Bravo'],
        E: ['Bravo'],
        F: ['Bravo'],
        G: ['Bravo'],
        H: ['Bravo'],
      },
    ],
  },
  instances: [
    {
      code: 'PRIM',
      description: 'Production',
      country: 'FR',
      actors: ['Bravo'],
      sources: [
        {
          name: 'lab',
          url: 'postgres://reader@db/lab',
          secret: 'env:LAB_PASSWORD',
          quiesced: true,
          empty: false,
          excluded: 'delivered by its vendor',
          workers: 4,
          rate: '50MB/s',
          window: '22:00-06:00',
          probe: { url: 'postgres://prober@db/lab', secret: 'file:/run/secrets/prober' },
        },
      ],
      copies: [{ name: 'nightly-backups', kind: 'backup', rotation: 'P35D', 'held-by': 'Bravo' }],
    },
  ],
  destinations: [
    {
      name: 'vault',
      url: 'directory:/mnt/out',
      secret: 'env:VAULT_SECRET',
      country: 'FR',
      'outside-eea': 'the client asked for it',
    },
  ],
  deadlines: {
    rules: ['oci-cp-art-9', 'secnumcloud-19.4'],
    acknowledgement: 'PT48H',
    restitution: 'P30D',
    notice: 'P21D',
    retrieval: 'P30D',
    destruction: 'P30D',
    switching: 'P1M',
  },
  approval: { authorisers: 2, export: false },
  timestamp: {
    url: 'https://tsa.example/rfc3161',
    certificate: 'keys/tsa.pem',
    fingerprint: 'c'.repeat(64),
    crl: 'keys/tsa.crl',
  },
  receipts: {
    accepted: ['openpgp', 'x509', 'handwritten'],
    x509: [
      {
        certificate: 'keys/client-ca.pem',
        fingerprint: hash('client-ca.pem'),
        subject: {
          CN: 'Camille Client',
          O: 'CHU Exemple',
          OU: 'DPO',
          serialNumber: '1',
          organizationIdentifier: 'NTRFR-987654321',
          emailAddress: 'dpo@chu.example',
        },
        crl: 'keys/client-ca.crl',
      },
    ],
    'handwritten-consent': true,
  },
  logs: { keep: 'P6M' },
  rehearsal: {
    cron: '0 2 1 * *',
    sample: '5%',
    link: '100MB/s',
    targets: [{ source: 'lab', url: 'postgres://rehearsal@db-test/lab', secret: 'env:LAB_TEST_PASSWORD' }],
  },
  costs: {
    gigabytes: 2000,
    hours: 40,
    rates: [
      { for: 'transfer', cents: 3 },
      { for: 'work', cents: 9000 },
      { for: 'fixed', cents: 50_000 },
    ],
    laws: ['sren-27', 'data-act-29'],
  },
  indicators: [
    { measure: 'delivery', target: 'P20D', penalty: { cents: 50_000, per: 'day' } },
    { measure: 'throughput', target: '50MB/s', penalty: { cents: 10_000 } },
  ],
}
