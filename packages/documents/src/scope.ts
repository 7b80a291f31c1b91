import type { Scope } from '@restitute/manifest'
import { code, number, spokenDuration } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { type Edition, page } from './page.ts'
import { parties, proof, references, section } from './parts.ts'
import { type ScopeWords, scopeWords } from './scope-words.ts'
import { type Column, table } from './table.ts'
import type { Words } from './words-fr.ts'

/** The page by which both parties read a scope before they sign its bytes (R35, R45): what comes back, what is destroyed, what is left out. */
export function scopeHtml(scope: Scope, bytes: Uint8Array, edition: Edition): string {
  const w = scopeWords[edition.language]
  return page(scope, edition, w.title, (words) => [
    html`<p class="lead">${w.lead} ${edition.requirement}.</p>\n`,
    html`<p class="verdict open">${w.missing}</p>\n`,
    references(scope, edition, words),
    parties(edition, words),
    section(w.sources, html`<p>${w.sourcesNote}</p>\n`, sourceTable(scope, w, words)),
    section(w.copies, ...copies(scope, w, words)),
    section(w.leftOut, ...leftOut(scope, w, words)),
    proof(bytes, [], edition, words, w.unsigned),
  ])
}

function sourceTable({ sources }: Scope, w: ScopeWords, words: Words): Html {
  const { certificate: c } = words
  const figures = [words.items, words.bytes].map((heading): Column => ({ heading, number: true }))
  const included = sources.filter(({ excluded }) => excluded === undefined)
  const rows = included.map((source): Piece[] => [
    source.name,
    source.instance,
    code(source.kind),
    code(source.fingerprint),
    number(source.items, words),
    number(source.bytes, words),
  ])
  return table(undefined, [w.source, c.instance, c.kind, c.fingerprint, ...figures], rows)
}

function copies({ copies }: Scope, w: ScopeWords, words: Words): Html[] {
  if (copies.length === 0) return [html`<p>${w.noCopies}</p>\n`]
  const { certificate: c } = words
  const rows = copies.map((copy): Piece[] => [
    copy.name,
    copy.instance,
    c.kinds[copy.kind],
    copy.heldBy ?? words.host,
    copy.rotation === undefined ? '–' : spokenDuration(copy.rotation, words),
  ])
  const columns = [c.copy, c.instance, c.kind, c.heldBy, w.rotation]
  return [html`<p>${w.copiesNote}</p>\n`, table(undefined, columns, rows)]
}

function leftOut({ sources, leftOut }: Scope, w: ScopeWords, words: Words): Html[] {
  const excluded = sources.flatMap(({ name, excluded }): Piece[][] => (excluded ? [[name, excluded]] : []))
  const rows = [...excluded, ...leftOut.map(({ url, reason }): Piece[] => [url, reason])]
  if (rows.length === 0) return [html`<p>${w.nothingLeftOut}</p>\n`]
  return [html`<p>${w.leftOutNote}</p>\n`, table(undefined, [w.address, words.reason], rows)]
}
