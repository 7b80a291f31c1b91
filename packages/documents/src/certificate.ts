import { type Certificate, type CopyOutcome, type Fingerprint, isClosed } from '@restitute/manifest'
import { certifiedCopy } from './certified-copy.ts'
import { cited, code, country, number, wordsOf } from './format.ts'
import { type Html, html } from './html.ts'
import { type DocumentSignature, type Edition, page } from './page.ts'
import { packagesTable, proof, references, section } from './parts.ts'
import { facts, table } from './table.ts'
import type { Words } from './words-fr.ts'

/** Outcomes in the order in which they are printed: first those after which nothing remains to be done. */
const outcomes: readonly CopyOutcome[] = [
  'destroyed-observed-absent',
  'observed-absent',
  'declared',
  'client-custody',
  'destroyed-not-checked',
  'deferred',
  'shared-kept',
  'legally-retained',
  'could-not-check',
  'not-destroyed',
]

/**
 * The certificate of destruction as one self-contained printable page (R36–R38, R45). `bytes` are the signed
 * JSON, `signatures` its verified signature files in the order in which they are to appear. What was destroyed,
 * observed, declared, deferred, kept and not checked stand apart. Everything is escaped; nothing is fetched.
 */
export function certificateHtml(
  certificate: Certificate,
  bytes: Uint8Array,
  signatures: readonly DocumentSignature[],
  edition: Edition,
): string {
  const w = wordsOf(edition.language).certificate
  return page(certificate, edition, `${w.title} — ${w.statuses[certificate.status]}`, (words) => [
    html`<p class="lead">${w.lead} ${edition.requirement}.</p>\n`,
    status(certificate, words),
    references(certificate, edition, words),
    parties(certificate, words),
    section(words.packages, packagesTable(certificate.packages, words)),
    basis(certificate, words),
    overview(certificate, words),
    outcomes.map((outcome) => group(certificate, outcome, edition, words)),
    section(w.limits, cited(certificate.limits, words)),
    persons(certificate, edition, words),
    ledger(certificate, words),
    proof(bytes, signatures, edition, words),
  ])
}

function status(certificate: Certificate, words: Words): Html {
  const open = certificate.copies.filter((copy) => !isClosed(copy.outcome)).length
  if (certificate.status === 'final' && open === 0) {
    const kept = countOf('client-custody', certificate)
    return html`<p class="verdict">${words.certificate.final(kept)}</p>\n${declared(certificate, words)}`
  }
  const { partial, leftAlone } = words.certificate
  const why = open === 0 ? leftAlone : partial(open, certificate.copies.length)
  return html`<p class="verdict open">${why}</p>\n`
}

/** Those copies are closed, but nobody looked. */
function declared(certificate: Certificate, words: Words): Html | undefined {
  const count = countOf('declared', certificate)
  return count === 0 ? undefined : html`<p>${words.certificate.onDeclaration(count)}</p>\n`
}

function countOf(outcome: CopyOutcome, { copies }: Certificate): number {
  return copies.filter((copy) => copy.outcome === outcome).length
}

function parties({ host, client }: Certificate, words: Words): Html {
  const keys = (all: readonly Fingerprint[]): Html[] => all.map((key) => html`<div>${code(key)}</div>`)
  const rows = [
    [words.host, host.name, host.siren ?? words.unstated, keys([host.fingerprint])],
    [words.client, client.name, client.siren ?? words.unstated, keys(client.fingerprints)],
  ]
  return section(words.parties, table(undefined, [words.party, words.name, words.siren, words.keys], rows))
}

function basis(certificate: Certificate, words: Words): Html {
  return section(
    words.certificate.basis,
    facts([
      [words.certificate.receiptDigest, code(certificate.receiptSha256)],
      [
        words.certificate.receiptForm,
        certificate.receiptForm && words.certificate.receiptForms[certificate.receiptForm],
      ],
      [words.certificate.orderDigest, code(certificate.orderSha256)],
    ]),
  )
}

function overview(certificate: Certificate, words: Words): Html {
  const w = words.certificate
  const rows = certificate.copies.map((copy) => [
    copy.name,
    w.kinds[copy.kind],
    copy.instance,
    country(copy.country, words),
    w.outcomes[copy.outcome],
  ])
  return section(w.overview, table(undefined, [w.copy, w.kind, w.instance, w.country, w.outcome], rows))
}

function group(
  certificate: Certificate,
  outcome: CopyOutcome,
  edition: Edition,
  words: Words,
): Html | undefined {
  const copies = certificate.copies.filter((copy) => copy.outcome === outcome)
  if (copies.length === 0) return undefined
  const name = edition.names?.get(certificate.verifier)
  const observer = [name === undefined ? undefined : `${name}, `, code(certificate.verifier)]
  return section(
    words.certificate.groups[outcome],
    html`<p>${words.certificate.explanations[outcome]}</p>\n`,
    copies.map((copy) => certifiedCopy(copy, observer, words)),
  )
}

function persons(certificate: Certificate, edition: Edition, words: Words): Html {
  const w = words.certificate
  const row = (role: string, key: Fingerprint) => [role, edition.names?.get(key) ?? words.unnamed, code(key)]
  return section(
    w.persons,
    table(
      undefined,
      [w.role, w.person, words.signerKey],
      [
        ...certificate.authorisers.map((key) => row(w.authoriser, key)),
        row(w.executor, certificate.executor),
        row(w.verifier, certificate.verifier),
      ],
    ),
  )
}

function ledger(certificate: Certificate, words: Words): Html {
  const w = words.certificate
  return section(
    w.ledger,
    html`<p>${w.ledgerNote}</p>\n`,
    facts([
      [w.sequence, number(certificate.ledger.sequence, words)],
      [w.lineDigest, code(certificate.ledger.sha256)],
    ]),
  )
}
