import { shellWord } from '@restitute/core'
import type { CheckVerdict, Receipt, ReceiptForm, ReceiptSource } from '@restitute/manifest'
import { code, list, number, wordsOf } from './format.ts'
import { type Html, html } from './html.ts'
import { type DocumentSignature, type Edition, page } from './page.ts'
import { parties, proof, references, section } from './parts.ts'
import { table } from './table.ts'
import type { Words } from './words-fr.ts'

/**
 * The receipt as one self-contained printable page (R30, R45). `bytes` are the signed JSON, `signatures` its
 * verified signature files in the order in which they are to appear; `form`: how it is still to be signed, where that is not
 * by OpenPGP. Everything is escaped; nothing is fetched.
 */
export function receiptHtml(
  receipt: Receipt,
  bytes: Uint8Array,
  signatures: readonly DocumentSignature[],
  edition: Edition,
  form: ReceiptForm = 'openpgp',
): string {
  const { signer } = receipt
  return page(receipt, edition, wordsOf(edition.language).receipt.title, (words) => [
    html`<p class="lead">${words.receipt.lead} ${edition.requirement}.</p>\n`,
    decision(receipt, words),
    references(receipt, edition, words),
    parties(
      edition,
      words,
      [words.receipt.signatory, signer.name],
      [words.receipt.function, signer.function],
    ),
    packages(receipt, words),
    section(words.receipt.checks, sources(receipt.sources, words)),
    statements(receipt, words),
    consent(receipt, words),
    form === 'handwritten' ? byHand(words) : undefined,
    form === 'x509' ? byX509(edition, words) : undefined,
    proof(
      bytes,
      signatures,
      edition,
      words,
      form === 'handwritten' ? words.receipt.byHand.unsigned : undefined,
    ),
  ])
}

function decision(receipt: Receipt, words: Words): Html {
  const w = words.receipt
  const mark = receipt.decision === 'accepted' ? 'verdict' : 'verdict open'
  return section(
    w.decision,
    html`<p class="${mark}">${w.decisions[receipt.decision]}</p>\n`,
    receipt.reservations.length === 0
      ? html`<p>${w.noReservations}</p>\n`
      : html`<h3>${w.reservations}</h3>\n${list(receipt.reservations)}\n`,
  )
}

function packages(receipt: Receipt, words: Words): Html {
  const salts = { heading: words.receipt.salts, number: true } as const
  const rows = receipt.packages.map((p) => [
    p.package,
    code(p.manifestSha256),
    number(Object.keys(p.salts).length, words),
  ])
  return section(
    words.packages,
    table(undefined, [words.package, words.manifestDigest, salts], rows),
    html`<p>${words.receipt.saltsNote}</p>\n`,
  )
}

function sources(all: readonly ReceiptSource[], words: Words): Html {
  const w = words.receipt
  const figures = [words.items, words.bytes].map((heading) => ({ heading, number: true }) as const)
  const columns = [words.source, ...figures, w.integrity, w.decryption, w.completeness, w.exploitability]
  const checks = ['integrity', 'decryption', 'completeness', 'exploitability'] as const
  const rows = all.map((s) => [
    s.source,
    number(s.items, words),
    number(s.bytes, words),
    ...checks.map((check) => verdict(s[check], words)),
  ])
  return table(undefined, columns, rows)
}

function verdict(value: CheckVerdict, words: Words): Html {
  return html`<span class="${value}">${words.receipt.verdicts[value]}</span>`
}

function statements(receipt: Receipt, words: Words): Html {
  const w = words.receipt
  const answer = (given: boolean): string => (given ? words.yes : words.no)
  const rows = [
    [w.documentation, answer(receipt.documentationReceived)],
    [w.backup, answer(receipt.clientBackup)],
  ]
  return section(w.statements, table(undefined, [w.statement, w.answer], rows))
}

function consent(receipt: Receipt, words: Words): Html {
  const w = words.receipt
  const { destruction } = receipt.consent
  return section(
    w.consent,
    html`<p class="${destruction ? 'verdict' : 'verdict open'}">${destruction ? w.consents : w.consentsNot}</p>\n`,
    html`<p>${w.consentNote}</p>\n`,
    losses(receipt, words),
  )
}

/** Room for a hand, and what such a signature is worth. */
function byHand(words: Words): Html {
  const w = words.receipt.byHand
  return section(
    w.heading,
    html`<p class="verdict open">${w.declared}</p>\n`,
    html`<p>${w.meaning}</p>\n`,
    table(undefined, [w.name, w.date, w.signature], [[html`<br><br><br>`, '', '']]),
  )
}

function byX509({ name }: Edition, words: Words): Html {
  const w = words.receipt.byX509
  const file = shellWord(name)
  const command = `openssl cms -sign -binary -in ${file} -signer certificate.pem -inkey key.pem -outform PEM -out ${file}.p7s`
  return section(w.heading, html`<p>${w.meaning}</p>\n<pre><code>${command}</code></pre>\n`)
}

function losses(receipt: Receipt, words: Words): Html {
  const w = words.receipt
  const { accepts } = receipt.consent
  if (accepts.length === 0) return html`<p>${w.noLosses}</p>\n`
  const rows = accepts.map((a) => [a.source, w.states[a.state], a.reason, code(a.commitment)])
  return html`<h3>${w.losses}</h3>\n<p>${w.lossesNote}</p>\n${table(
    undefined,
    [words.source, w.state, words.reason, w.commitment],
    rows,
  )}`
}
