import { parseDuration } from '@restitute/core'
import type { IsoTime } from '@restitute/manifest'
import { breakable, type Html, html, type Piece } from './html.ts'
import { sentenceInFrench } from './sentences-fr.ts'
import { en } from './words-en.ts'
import { fr, type Words } from './words-fr.ts'

/** The dictionary of a language. */
export function wordsOf(language: 'fr' | 'en'): Words {
  return language === 'fr' ? fr : en
}

/** `1 234 567` or `1,234,567`. */
export function number(value: number, words: Words): string {
  return new Intl.NumberFormat(words.language).format(value)
}

/** `1 234,50 €` or `€1,234.50`, of whole cents. */
export function euros(cents: number, words: Words): string {
  return new Intl.NumberFormat(words.language, { style: 'currency', currency: 'EUR' }).format(cents / 100)
}

/** `22 novembre 2026 à 10:00:00 UTC`: always UTC, to the second, machine-readable too. */
export function time(at: IsoTime, words: Words): Html {
  const spoken = new Intl.DateTimeFormat(words.language, {
    dateStyle: 'long',
    timeStyle: 'medium',
    timeZone: 'UTC',
  }).format(new Date(at))
  return html`<time datetime="${at}">${spoken} ${words.utc}</time>`
}

/** `30 jours`, `48 hours`, `1 hour 30 minutes`, `0 days`: an ISO 8601 duration in words. */
export function spokenDuration(text: string, words: Words): string {
  const { years, months, days, seconds } = parseDuration(text)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const all = { year: years, month: months, day: days, hour: hours, minute: minutes, second: seconds % 60 }
  const parts = Object.entries(all).filter(([, count]) => count > 0)
  return (parts.length > 0 ? parts : [['day', 0] as const])
    .map(([unit, count]) =>
      new Intl.NumberFormat(words.language, { style: 'unit', unit, unitDisplay: 'long' }).format(count),
    )
    .join(' ')
}

/** `France (FR)`; a code that is no region stands alone, `ZZ` means that nobody declared it. */
export function country(code: string, words: Words): string {
  if (code === 'ZZ') return words.certificate.countryUndeclared
  const name = /^[A-Z]{2}$/.test(code)
    ? new Intl.DisplayNames([words.language], { type: 'region', fallback: 'none' }).of(code)
    : undefined
  return name === undefined ? code : `${name} (${code})`
}

/** Digests, fingerprints and file names: in full, in a fixed pitch, breakable. */
export function code(text: string): Html {
  return html`<code>${text}</code>`
}

/** A list, or nothing when there is nothing to list. */
export function list(lines: readonly Piece[]): Html | undefined {
  return lines.length === 0
    ? undefined
    : html`<ul>${lines.map((line) => html`<li>${breakable(line)}</li>`)}</ul>`
}

/** A list of sentences that the signed file states in English, in the language of the page where it has them. */
export function cited(sentences: readonly string[], words: Words): Html | undefined {
  if (words !== fr) return list(sentences)
  return list(
    sentences.map((english) => sentenceInFrench(english) ?? html`<span lang="en">${english}</span>`),
  )
}
