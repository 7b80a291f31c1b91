import { isoTime } from '@restitute/core'
import { type Contract, deadlineRules } from '@restitute/manifest'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { easter, isHoliday } from '../src/deadlines/holidays.ts'
import { endOf, explainDeadlines } from '../src/index.ts'

/*
 * An independent count: hour after hour, the date in Paris as the formatter of the platform says it; no Temporal,
 * no formula for Easter but a table of it.
 */

const parisian = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Paris',
  dateStyle: 'short',
})
const dateInParis = (at: number): string => parisian.format(at)

const easters = [
  ...['2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28', '2028-04-16', '2029-04-01', '2030-04-21'],
  ...['2031-04-13', '2032-03-28', '2033-04-17', '2034-04-09', '2035-03-25', '2036-04-13', '2037-04-05'],
  ...['2038-04-25', '2039-04-10', '2040-04-01'],
]
const days = (date: string, n: number): string =>
  new Date(Date.parse(`${date}T12:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10)
const holidays = new Set([
  ...easters.flatMap((sunday) => [days(sunday, 1), days(sunday, 39), days(sunday, 50)]),
  ...easters.flatMap((sunday) =>
    ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'].map(
      (day) => `${sunday.slice(0, 4)}-${day}`,
    ),
  ),
])
const isWorking = (date: string): boolean =>
  ![0, 6].includes(new Date(`${date}T12:00:00Z`).getUTCDay()) && !holidays.has(date)

/** The first moment, on a full hour, after `count` whole days that count have passed since the day of `from`. */
function counted(from: number, count: number, counts: (date: string) => boolean): string {
  const hour = 3_600_000
  let at = Math.ceil(from / hour) * hour
  let today = dateInParis(from)
  for (let passed = -1; ; at += hour) {
    const date = dateInParis(at)
    if (date === today) continue
    // A day is over; the day of the event itself does not count.
    if (passed === -1 || counts(today)) passed++
    today = date
    if (passed === count) return isoTime(new Date(at))
  }
}

const moments = fc
  .integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2039, 0, 1) })
  .map((at) => Math.floor(at / 1000) * 1000)

describe('the calendar', () => {
  it('ends calendar days at a midnight in Paris, also over a change of the clocks', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 120 }), (from, count) => {
        const ends = endOf(isoTime(new Date(from)), { duration: `P${count}D`, days: 'calendar' })
        expect(ends).toBe(counted(from, count, () => true))
      }),
      { numRuns: 150 },
    )
  })

  it('counts working days without weekends and the public holidays of France', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 40 }), (from, count) => {
        const ends = endOf(isoTime(new Date(from)), { duration: `P${count}D`, days: 'working' })
        expect(ends).toBe(counted(from, count, isWorking))
      }),
      { numRuns: 150 },
    )
  })

  it('counts hours by the hour, whatever the clocks do', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 2000 }), (from, hours) => {
        const ends = endOf(isoTime(new Date(from)), { duration: `PT${hours}H`, days: 'calendar' })
        expect(Date.parse(ends)).toBe(from + hours * 3_600_000)
      }),
    )
  })

  it('never ends earlier when it begins later or lasts longer', () => {
    fc.assert(
      fc.property(moments, moments, fc.integer({ min: 0, max: 24 }), (a, b, months) => {
        const end = (at: number, n: number): string =>
          endOf(isoTime(new Date(at)), { duration: `P${n}M`, days: 'calendar' })
        expect(end(Math.min(a, b), months) <= end(Math.max(a, b), months)).toBe(true)
        expect(end(a, months) < end(a, months + 1)).toBe(true)
      }),
    )
  })

  it('knows Easter, and that Alsace-Moselle has holidays of its own', () => {
    expect(easters.map((sunday) => easter(Number(sunday.slice(0, 4))).toString())).toEqual(easters)
    expect(isHoliday(Temporal.PlainDate.from('2026-04-03'))).toBe(false)
    expect(isHoliday(Temporal.PlainDate.from('2026-12-26'))).toBe(false)
    expect(isHoliday(Temporal.PlainDate.from('2026-05-25'))).toBe(true)
  })

  it('ends a month on its last day when it has no such day', () => {
    expect(endOf('2027-01-31T10:00:00Z', { duration: 'P1M', days: 'calendar' })).toBe('2027-02-28T23:00:00Z')
  })
})

/** A contract with just these deadlines, and a backup that rotation removes. */
function contract(deadlines: Contract['deadlines'], rotation?: string): { contract: Contract } {
  const copies = rotation === undefined ? [] : [{ name: 'nightly', kind: 'backup' as const, rotation }]
  const nobody = { name: 'X', key: 'k' }
  return {
    contract: {
      restitute: 1,
      reference: 'T',
      language: 'en',
      profile: 'hds-2.0',
      parties: { host: nobody, client: { name: 'Y', keys: ['k'] } },
      persons: [],
      instances: [{ code: 'PRIM', country: 'FR', copies }],
      destinations: [],
      deadlines,
    },
  }
}

const collide = (deadlines: Contract['deadlines'], rotation?: string): [number, boolean][] =>
  explainDeadlines(contract(deadlines, rotation)).collisions.map((c) => [c.days, c.sometimes])

describe('explainDeadlines', () => {
  it('finds nothing wrong with terms that can be kept, and says how much room they leave', () => {
    const found = explainDeadlines(contract({ rules: ['oci-cp-art-9', 'secnumcloud-19.4'] }))
    expect([found.collisions, found.notes]).toEqual([[], []])
    expect(found.room).toEqual([
      expect.stringMatching(/erasure notice has to come within 9 days of the client's consent/),
    ])
    expect(found.bounds).toContainEqual({
      bound: 'floor',
      from: 'delivered',
      to: 'destroyed',
      name: 'acknowledgement',
      duration: 'PT48H',
      days: 'calendar',
      rules: ['oci-cp-art-9'],
    })
  })

  it('says which two collide, and by how much', () => {
    const own = { rules: ['secnumcloud-19.4'], destruction: 'P15D' }
    expect(collide(own)).toEqual([[6, false]])
    const [{ sentence } = { sentence: '' }] = explainDeadlines(contract(own)).collisions
    expect(sentence).toBe(
      "secnumcloud-19.4 (ANSSI, référentiel SecNumCloud 3.2, exigence 19.4.a) asks for at least P21D between the erasure notice and the end of the destruction, but the contract for at most P15D between the client's consent to the destruction and the end of the destruction: the first is longer by 6 days, even if the erasure notice comes at the same time as the client's consent to the destruction",
    )
  })

  it('finds what collides only where months are short', () => {
    expect(collide({ rules: ['ccag-tic-2021', 'ans-portability'], destruction: 'P90D' })).toEqual([[1, true]])
  })

  it('finds a notice before switching that is too long, and one that leaves no time to deliver', () => {
    expect(collide({ rules: ['data-act-25'], switching: 'P3M' })).toEqual([[31, false]])
    expect(collide({ rules: ['oci-cp-art-9'], switching: 'P2M' })).toEqual([[32, false]])
  })

  it('counts rotation against a rule that covers backups, and notes it beside any other', () => {
    expect(collide({ rules: ['ccag-tic-2021'] }, 'P120D')).toEqual([[31, false]])
    const { collisions, notes } = explainDeadlines(contract({ destruction: 'P30D' }, 'P35D'))
    expect(collisions).toEqual([])
    expect(notes.join('\n')).toMatch(/rotation of copy "nightly".*longer by 5 days.*can only be partial/)
  })

  it('misses what the profile wants the contract to say', () => {
    expect(explainDeadlines(contract({})).notes).toEqual([
      expect.stringContaining('how long the restitution may take'),
      expect.stringContaining('how long the destruction may take'),
    ])
  })

  it('explains every pair of rules', () => {
    const { collisions } = explainDeadlines(contract({ rules: [...deadlineRules.keys()] }, 'P35D'))
    expect(collisions.every(({ sentence }) => sentence.includes('asks for at least'))).toBe(true)
  })
})
