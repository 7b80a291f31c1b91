import { isoTime } from '@restitute/core'
import { type Milestone, milestones } from '@restitute/manifest'
import { endOf, wallDays } from './calendar.ts'
import type { AskedTerm } from './terms.ts'
import { askerOf, dayCount, demandOf, momentOf } from './words.ts'

/** A floor and a ceiling that cannot both be kept. */
export interface DeadlineCollision {
  readonly floor: AskedTerm
  readonly ceiling: AskedTerm
  /** By how much the floor is longer, at the worst, in days begun. */
  readonly days: number
  /** Only on some days of the year: months have no fixed length. */
  readonly sometimes: boolean
  /** In plain words. */
  readonly sentence: string
}

/** What one day of the year after another would give, in days; more than zero: the floor is longer. */
interface Excess {
  readonly worst: number
  readonly least: number
}

/** Every floor that is longer than a ceiling around it, even if nothing took any time in between. */
export function collisionsAmong(terms: readonly AskedTerm[]): DeadlineCollision[] {
  return pairs(terms).flatMap(([floor, ceiling]) => {
    const { worst, least } = excessOf(floor, ceiling)
    if (worst <= 0) return []
    const sometimes = least <= 0
    return [
      { floor, ceiling, days: worst, sometimes, sentence: sentenceFor(floor, ceiling, worst, sometimes) },
    ]
  })
}

/** How much time a floor leaves, within a ceiling that began earlier, for what lies between; one sentence each. */
export function roomAmong(terms: readonly AskedTerm[]): string[] {
  return pairs(terms)
    .filter(([floor, ceiling]) => floor.from !== ceiling.from && floor.to === ceiling.to)
    .flatMap(([floor, ceiling]) => {
      const { worst } = excessOf(floor, ceiling)
      return worst > 0 ? [] : [roomSentence(floor, ceiling, -worst)]
    })
}

/** Floors that lie within a ceiling: begin no earlier, end no later. */
function pairs(terms: readonly AskedTerm[]): (readonly [AskedTerm, AskedTerm])[] {
  const floors = terms.filter(({ bound }) => bound === 'floor')
  const ceilings = terms.filter(({ bound }) => bound === 'ceiling')
  return floors.flatMap((floor) =>
    ceilings.filter((ceiling) => isWithin(floor, ceiling)).map((ceiling) => [floor, ceiling] as const),
  )
}

function isWithin(floor: AskedTerm, ceiling: AskedTerm): boolean {
  return place(floor.from) >= place(ceiling.from) && place(floor.to) <= place(ceiling.to)
}

function place(milestone: Milestone): number {
  return milestones.indexOf(milestone)
}

const dayLength = 86_400_000
// Two years, one of them a leap year, in which every length of every month occurs.
const firstDay = Date.UTC(2027, 0, 1, 11)
const sampled = 731

function excessOf(floor: AskedTerm, ceiling: AskedTerm): Excess {
  const excesses = Array.from({ length: hasFixedLength(floor, ceiling) ? 1 : sampled }, (_, i) => {
    const from = isoTime(new Date(firstDay + i * dayLength))
    return Math.ceil(wallDays(endOf(from, ceiling), endOf(from, floor)))
  })
  return { worst: Math.max(...excesses), least: Math.min(...excesses) }
}

function hasFixedLength(...terms: readonly AskedTerm[]): boolean {
  return terms.every(({ duration, days }) => days === 'calendar' && !/^P[^T]*[MY]/.test(duration))
}

function sentenceFor(floor: AskedTerm, ceiling: AskedTerm, days: number, sometimes: boolean): string {
  const much = sometimes ? `on some days of the year by up to ${dayCount(days)}` : `by ${dayCount(days)}`
  const meanwhile =
    floor.from === ceiling.from
      ? ''
      : `, even if ${momentOf(floor.from)} comes at the same time as ${momentOf(ceiling.from)}`
  return `${askerOf(floor)} asks for ${demandOf(floor)}, but ${askerOf(ceiling)} for ${demandOf(ceiling)}: the first is longer ${much}${meanwhile}`
}

function roomSentence(floor: AskedTerm, ceiling: AskedTerm, days: number): string {
  return `to keep both ${askerOf(floor)} and ${askerOf(ceiling)}, ${momentOf(floor.from)} has to come within ${dayCount(days)} of ${momentOf(ceiling.from)}`
}
