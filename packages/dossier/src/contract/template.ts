import { templateWords } from './template-words.ts'

/** What a new contract begins with; everything else is left to fill in. */
export interface TemplateContent {
  readonly sources: readonly { readonly name: string; readonly url: string }[]
  /** Paths in the dossier, and whose keys lie there. */
  readonly clientKeys: readonly { readonly path: string; readonly fingerprint: string }[]
  readonly to?: string
  readonly language: 'fr' | 'en'
}

/** A commented `contract.yaml`: valid in its shape, so that a first check names only what is missing. */
export function contractTemplate(o: TemplateContent): string {
  const words = templateWords[o.language]
  return [
    comment(words.top),
    'restitute: 1',
    '',
    comment(words.reference),
    `reference: ${quoted(words.fill.reference)}`,
    comment(words.language),
    `language: ${o.language}`,
    comment(words.profile),
    'profile: hds-2.0',
    '',
    parties(o),
    persons(o),
    comment(words.actors),
    'actors:',
    `  - { code: Alpha, identity: ${quoted(words.fill.actor)}, role: ${quoted(words.fill.actor)} }`,
    '',
    instances(o),
    comment(words.destinations),
    'destinations:',
    `  - { name: vault, url: ${quoted(o.to ?? 'directory:/srv/restitute/out')}, country: FR }`,
    '',
    comment(words.deadlines),
    'deadlines:',
    '  rules: [oci-cp-art-9, secnumcloud-19.4]',
    '  acknowledgement: PT48H',
    '  restitution: P30D',
    '',
    comment(words.approval),
    'approval: { authorisers: 2 }',
    '',
    comment(words.timestamp),
    '# timestamp: { url: "https://tsa.example/rfc3161", certificate: keys/tsa.pem, fingerprint: "…" }',
    '',
    comment(words.logs),
    '# logs: { keep: P12M }',
    '',
    comment(words.receipts),
    '# receipts: { accepted: [openpgp, x509], x509: [{ certificate: keys/dpo.pem, fingerprint: "…" }] }',
    '',
    comment(words.rehearsal),
    '# rehearsal: { cron: "0 2 1 * *", sample: 5%, link: 100MB/s }',
    '',
    comment(words.costs),
    '# costs: { rates: [{ for: transfer, cents: 3 }, { for: work, cents: 9000 }], laws: [sren-27, data-act-29] }',
    '# indicators: [{ measure: delivery, target: P20D, penalty: { cents: 50000, per: day } }]',
    '',
  ].join('\n')
}

function parties({ clientKeys, language }: TemplateContent): string {
  const words = templateWords[language]
  return `${comment(words.parties)}
parties:
  host:
    name: ${quoted(words.fill.host)}
${comment(words.hostKey, 4)}
    key: keys/host.asc
${comment(words.certificate, 4)}
    # certificate: { scope: [3, 4, 6], issued: 2025-01-01, expires: 2028-01-01 }
  client:
    name: ${quoted(words.fill.client)}
${comment(words.clientKeys, 4)}
${keysOf(clientKeys)}
${comment(words.contacts, 4)}
    # contacts: [{ name: "…", email: dpo@example.org, phone: "+33 …" }]
`
}

function keysOf(given: TemplateContent['clientKeys']): string {
  if (given.length === 0) return '    keys: ["keys/client-1.asc", "keys/client-2.asc"]'
  const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`
  return `    keys: ${list(given.map(({ path }) => path))}
    fingerprints: ${list(given.map(({ fingerprint }) => fingerprint))}`
}

function persons({ language }: TemplateContent): string {
  const words = templateWords[language]
  const person = (id: string, roles: string): string =>
    `  - { id: ${id}, name: ${quoted(words.fill.person)}, party: host, key: keys/${id}.asc, roles: [${roles}] }`
  return `${comment(words.persons)}
${comment(words.roles)}
persons:
${person('operator', 'operator')}
${person('authoriser-1', 'authoriser')}
${person('authoriser-2', 'authoriser, verifier')}
`
}

function instances({ sources, language }: TemplateContent): string {
  const words = templateWords[language]
  const lines = sources.map(({ name, url }) => `      - { name: ${quoted(name)}, url: ${quoted(url)} }`)
  const example = '      # - { name: records, url: "sqlite:/srv/ehr/records.db" }'
  return `${comment(words.instances)}
instances:
  - code: PRIM
    country: FR
    actors: [Alpha]
${comment(words.sources, 4)}
${comment(words.sourceOptions, 4)}
    sources:${lines.length > 0 ? `\n${lines.join('\n')}` : ` []\n${example}`}
${comment(words.copies, 4)}
    copies: []
      # - { name: nightly-backups, kind: backup, rotation: P35D, held-by: Alpha }
`
}

function comment(text: string, indent = 0): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(indent)}# ${line}`)
    .join('\n')
}

/** JSON strings are YAML strings. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
