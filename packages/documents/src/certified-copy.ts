import type { CertifiedCopy, CopyDeclaration, KeptPart } from '@restitute/manifest'
import { cited, code, country, list, number, time } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { facts } from './table.ts'
import type { Words } from './words-fr.ts'

type Fact = readonly [string, Piece]

/** One copy: what it was, how it ended, and what was then observed by whom. */
export function certifiedCopy(copy: CertifiedCopy, observer: Piece, words: Words): Html {
  return html`<div class="copy"><h3>${copy.name}</h3>\n${facts([
    ...what(copy, words),
    ...how(copy, words),
    ...declared(copy, words),
    ...observed(copy, observer, words),
  ])}</div>\n`
}

function what(copy: CertifiedCopy, words: Words): Fact[] {
  const w = words.certificate
  const counted = copy.items !== undefined || copy.bytes !== undefined
  return [
    [w.kind, w.kinds[copy.kind]],
    [w.instance, `${copy.instance}, ${country(copy.country, words)}`],
    [w.fingerprint, copy.fingerprint === undefined ? undefined : code(copy.fingerprint)],
    [w.heldBy, copy.heldBy],
    [w.before, counted ? size(copy, words) : undefined],
    [w.deferredUntil, copy.deferredUntil === undefined ? undefined : time(copy.deferredUntil, words)],
  ]
}

function size({ items, bytes }: CertifiedCopy, words: Words): string {
  const said = (n: number | undefined): string => (n === undefined ? '–' : number(n, words))
  return words.certificate.itemsAndBytes(said(items), said(bytes))
}

function how(
  { method, startedAt, stampedAt, finishedAt, steps, bypassGovernance }: CertifiedCopy,
  words: Words,
): Fact[] {
  const w = words.certificate
  return [
    [w.method, method && w.categories[method.category]],
    [w.technique, method?.technique],
    [w.locks, bypassGovernance && w.locksLifted],
    [w.methodLimits, method && cited(method.limits, words)],
    [w.started, startedAt === undefined ? undefined : time(startedAt, words)],
    [w.stamped, stampedAt === undefined ? undefined : time(stampedAt, words)],
    [w.finished, finishedAt === undefined ? undefined : time(finishedAt, words)],
    [w.steps, steps === undefined ? undefined : number(steps, words)],
  ]
}

/** Whose word it is that the copy is gone, and what it says; printed beside any outcome, for it is in the document beside any. */
function declared({ declaration }: CertifiedCopy, words: Words): Fact[] {
  if (declaration === undefined) return []
  const w = words.certificate
  const { at, holder, method, endedAt } = declaration
  return [
    [w.declaredBy, wordOn(declaration, words)],
    [w.declaredHolder, holder],
    [w.declaredMethod, method],
    [w.declaredEnd, endedAt === undefined ? undefined : time(endedAt, words)],
    [w.declaredAt, time(at, words)],
  ]
}

function wordOn({ word, wordOf }: CopyDeclaration, { certificate: w }: Words): Piece {
  return html`${w.declaredWords[word]} ${code(wordOf)}`
}

function observed({ probe }: CertifiedCopy, observer: Piece, words: Words): Fact[] {
  const w = words.certificate
  if (probe === undefined) return [[w.observation, w.noProbe]]
  return [
    [w.observation, w.probeStates[probe.state]],
    [w.kept, probe.kept && list(probe.kept.map((part) => keptPart(part, words)))],
    [w.observedAt, time(probe.at, words)],
    [w.observedBy, observer],
    [w.account, probe.identity],
    [w.looked, list(probe.looked)],
    [w.probeLimits, cited(probe.limits, words)],
  ]
}

function keptPart({ reason, count, until }: KeptPart, words: Words): Piece {
  const w = words.certificate
  const what = w.keptReasons[reason](number(count, words))
  return until === undefined ? what : html`${what}, ${w.keptUntil} ${time(until, words)}`
}
