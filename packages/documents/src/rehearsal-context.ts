import type { Rehearsal, SecondsInterval } from '@restitute/manifest'
import { number } from './format.ts'
import type { RehearsalWords } from './rehearsal-words.ts'
import type { Words } from './words-fr.ts'

/** What the sections of the page share. */
export interface Context {
  readonly report: Rehearsal
  readonly r: RehearsalWords
  readonly words: Words
}

/** An estimate with its bounds. */
export function between({ low, estimate, high }: SecondsInterval, r: RehearsalWords, words: Words): string {
  const say = (seconds: number): string => spoken(seconds, r, words)
  return `${say(estimate)} (${say(low)} – ${say(high)})`
}

/** `3 j 4 h`, `12 min`, `4,2 s`: two units at most. */
export function spoken(seconds: number, { units }: RehearsalWords, words: Words): string {
  if (seconds < 60) return `${number(Number(seconds.toPrecision(2)), words)} ${units.second}`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} ${units.minute}`
  const hours = Math.round(minutes / 60)
  if (hours < 48) return `${hours} ${units.hour}`
  const [days, rest] = [Math.floor(hours / 24), hours % 24]
  return `${number(days, words)} ${units.day}${rest > 0 ? ` ${rest} ${units.hour}` : ''}`
}
