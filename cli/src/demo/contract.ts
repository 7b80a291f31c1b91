/** Where the demonstration's parts lie. */
export interface DemoPlaces {
  readonly database: string
  readonly documents: string
  readonly vault: string
}

/** The demonstration's contract: everything that a real one holds, with a backup set that rotation removes later. */
export function demoContract(places: DemoPlaces): string {
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
  client:
    name: Centre hospitalier de démonstration
    keys: [keys/client-1.asc, keys/client-2.asc]
persons:
  - { id: operatrice, name: Opératrice Démo, function: exploitation, party: host, key: keys/operator.asc, roles: [operator] }
  - { id: rssi, name: RSSI Démo, function: sécurité, party: host, key: keys/authoriser-1.asc, roles: [authoriser] }
  - { id: direction, name: Direction Démo, function: direction, party: host, key: keys/authoriser-2.asc, roles: [authoriser] }
  - { id: controle, name: Contrôle Démo, function: audit interne, party: host, key: keys/verifier.asc, roles: [verifier] }
actors:
  - { code: Bravo, identity: Hébergeur de démonstration, role: administrateur du service }
instances:
  - code: PRIM
    description: site primaire
    country: FR
    actors: [Bravo]
    sources:
      - { name: records, url: ${JSON.stringify(`sqlite:${places.database}`)} }
      - { name: documents, url: ${JSON.stringify(`files:${places.documents}`)} }
  - code: BACK
    description: sauvegardes
    country: FR
    actors: [Bravo]
    copies:
      - { name: nightly-backups, kind: backup, rotation: P35D, held-by: Bravo }
destinations:
  - { name: vault, url: ${JSON.stringify(`directory:${places.vault}`)}, country: FR }
deadlines:
  rules: [oci-cp-art-9, secnumcloud-19.4]
  acknowledgement: PT48H
  restitution: P30D
approval: { authorisers: 2 }
`
}
