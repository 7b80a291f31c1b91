import type { Member } from './cast.ts'

/** Where the demonstration's parts lie. */
export interface DemoPlaces {
  readonly database: string
  readonly documents: string
  readonly vault: string
}

/** The demonstration's contract: everything that a real one holds, with a backup set that rotation removes later. */
export function demoContract(places: DemoPlaces, fingerprint: (member: Member) => string): string {
  return `# DÉMONSTRATION / DEMONSTRATION: données synthétiques, aucun patient / synthetic data, no patient
restitute: 1
reference: DEMO-2026-001
language: fr
profile: hds-2.0
demonstration: true
parties:
  host:
    name: Hébergeur de démonstration
    certificate: { scope: [3, 4, 5, 6], issued: 2025-01-15, expires: 2028-01-14 }
    key: keys/host.asc
    fingerprint: ${quoted(fingerprint('host'))}
  client:
    name: Centre hospitalier de démonstration
    keys: [keys/client-1.asc, keys/client-2.asc]
    fingerprints: [${quoted(fingerprint('client-1'))}, ${quoted(fingerprint('client-2'))}]
persons:
  - { id: operatrice, name: Opératrice Démo, function: exploitation, party: host, key: keys/operator.asc, fingerprint: ${quoted(fingerprint('operator'))}, roles: [operator] }
  - { id: rssi, name: RSSI Démo, function: sécurité, party: host, key: keys/authoriser-1.asc, fingerprint: ${quoted(fingerprint('authoriser-1'))}, roles: [authoriser] }
  - { id: direction, name: Direction Démo, function: direction, party: host, key: keys/authoriser-2.asc, fingerprint: ${quoted(fingerprint('authoriser-2'))}, roles: [authoriser] }
  - { id: controle, name: Contrôle Démo, function: audit interne, party: host, key: keys/verifier.asc, fingerprint: ${quoted(fingerprint('verifier'))}, roles: [verifier] }
actors:
  - { code: Bravo, identity: Hébergeur de démonstration, role: administrateur du service }
instances:
  - code: PRIM
    description: site primaire
    country: FR
    actors: [Bravo]
    sources:
      - { name: records, url: ${quoted(`sqlite:${places.database}`)} }
      - { name: documents, url: ${quoted(`files:${places.documents}`)} }
  - code: BACK
    description: sauvegardes
    country: FR
    actors: [Bravo]
    copies:
      - { name: nightly-backups, kind: backup, rotation: P35D, held-by: Bravo }
destinations:
  - { name: vault, url: ${quoted(`directory:${places.vault}`)}, country: FR }
deadlines:
  rules: [oci-cp-art-9, secnumcloud-19.4]
  acknowledgement: PT48H
  restitution: P30D
approval: { authorisers: 2 }
`
}

/** JSON strings are YAML strings. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
