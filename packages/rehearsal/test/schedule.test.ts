import { RestituteError } from '@restitute/core'
import type { Rehearsal } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { keepSchedule, parseSchedule, type ScheduleNews } from '../src/index.ts'

const monthly = parseSchedule('0 2 1 * *')

const hour = 3_600_000

/** A world in which time goes by only in sleep, and a rehearsal takes two hours. A machine that sleeps wakes up later. */
function world(begins: string, { schedule = monthly, takes = 2 * hour, jitter = 0 } = {}) {
  let now = Date.parse(begins)
  const done: string[] = []
  const news: ScheduleNews[] = []
  let ended: Date | undefined
  let asleep: { from: number; until: number } | undefined
  let wrong: { from: number; to: number } | undefined
  return {
    done,
    news,
    set: (at: string): void => void (now = Date.parse(at)),
    sleeps: (from: string, until: string): void => {
      asleep = { from: Date.parse(from), until: Date.parse(until) }
    },
    /** Somebody sets a wrong clock right. */
    corrected: (from: string, to: string): void => {
      wrong = { from: Date.parse(from), to: Date.parse(to) }
    },
    async run(until: string, refuse: (at: Date) => boolean = () => false): Promise<void> {
      const stop = new AbortController()
      await keepSchedule({
        schedule,
        clock: { now: () => new Date(now) },
        async sleep(ms) {
          now += ms
          if (wrong && now >= wrong.from) {
            now = wrong.to
            wrong = undefined
          }
          if (asleep && now >= asleep.from && now < asleep.until) now = asleep.until
          if (now >= Date.parse(until)) stop.abort()
        },
        signal: stop.signal,
        lastEnded: ended,
        since: new Date(begins),
        jitter,
        async rehearse() {
          if (refuse(new Date(now))) throw new RestituteError('dossier-locked', 'in use')
          done.push(new Date(now).toISOString())
          now += takes
          ended = new Date(now)
          return {} as Rehearsal
        },
        async tell(one) {
          news.push(one)
        },
      })
    },
  }
}

describe('a simulated year', () => {
  it('twelve rehearsals at two o’clock in France, in winter and in summer', async () => {
    const w = world('2026-12-15T00:00:00Z')
    await w.run('2027-12-15T00:00:00Z')
    expect(w.done).toHaveLength(12)
    expect(w.done[0]).toBe('2027-01-01T01:00:00.000Z')
    expect(w.done[6]).toBe('2027-07-01T00:00:00.000Z')
    expect(w.news.filter(({ kind }) => kind === 'missed')).toEqual([])
  })

  it('restarts in between change nothing; three missed months are caught up once', async () => {
    const w = world('2026-12-15T00:00:00Z')
    await w.run('2027-02-10T00:00:00Z')
    await w.run('2027-02-11T00:00:00Z')
    expect(w.done).toHaveLength(2)
    w.set('2027-05-20T12:00:00Z')
    await w.run('2027-06-15T00:00:00Z')
    expect(w.done.slice(2)).toEqual(['2027-05-20T12:00:00.000Z', '2027-06-01T00:00:00.000Z'])
    expect(w.news.filter(({ kind }) => kind === 'missed')).toHaveLength(1)
  })

  it('waits for a dossier that is in use, and does not count that as done', async () => {
    const w = world('2026-12-15T00:00:00Z')
    const busyUntil = Date.parse('2027-01-01T03:00:00Z')
    await w.run('2027-01-20T00:00:00Z', (at) => at.getTime() < busyUntil)
    expect(w.done).toEqual(['2027-01-01T03:00:00.000Z'])
  })
})

describe('what is caught up, and what is not', () => {
  it('a machine that slept over two due moments rehearses once when it wakes', async () => {
    const w = world('2026-12-15T00:00:00Z')
    w.sleeps('2026-12-31T00:00:00Z', '2027-02-20T00:00:00Z')
    await w.run('2027-03-02T00:00:00Z')
    expect(w.done).toEqual(['2027-02-20T00:00:00.000Z', '2027-03-01T01:00:00.000Z'])
  })

  it('a clock that was months ahead and is set right leaves no month out', async () => {
    const w = world('2027-05-15T00:00:00Z')
    w.corrected('2027-05-15T00:00:00Z', '2026-12-15T00:00:00Z')
    await w.run('2027-02-15T00:00:00Z')
    expect(w.done).toEqual(['2027-01-01T01:00:00.000Z', '2027-02-01T01:00:00.000Z'])
  })

  it('one that takes longer than until the next is due: no two at once, and nothing piles up', async () => {
    const nightly = parseSchedule('0 2 * * *')
    const w = world('2027-01-01T12:00:00Z', { schedule: nightly, takes: 30 * hour })
    await w.run('2027-01-08T00:00:00Z')
    expect(w.done.map((at) => at.slice(0, 10))).toEqual(['2027-01-02', '2027-01-04', '2027-01-06'])
    expect(w.news.filter(({ kind }) => kind === 'missed')).toEqual([])
  })

  it('one that failed is not tried again before the next is due; a restart tries it again', async () => {
    const w = world('2026-12-15T00:00:00Z')
    const repaired = Date.parse('2027-01-12T00:00:00Z')
    const broken = (at: Date): boolean => {
      if (at.getTime() < repaired) throw new RestituteError('usage', 'broken')
      return false
    }
    await w.run('2027-01-12T00:00:00Z', broken)
    expect(w.done).toEqual([])
    expect(w.news.filter(({ kind }) => kind === 'failed')).toHaveLength(1)
    await w.run('2027-01-20T00:00:00Z', broken)
    expect(w.done).toEqual(['2027-01-12T00:00:00.000Z'])
  })

  it('begins later than due by the jitter at most, and in no month twice', async () => {
    const w = world('2026-12-15T00:00:00Z', { jitter: 6 * hour })
    await w.run('2027-12-15T00:00:00Z')
    expect(w.done).toHaveLength(12)
    for (const at of w.done) {
      const late = Date.parse(at) - Date.parse(`${at.slice(0, 8)}01T00:00:00Z`)
      expect(late).toBeLessThanOrEqual(7 * hour)
    }
  })
})

describe('the nights on which clocks change', () => {
  const nightly = parseSchedule('30 2 * * *')
  it.each([
    ['in spring half past two does not exist: it comes right after', '2027-03-27T12:00:00Z', 1],
    ['in autumn it comes twice, and counts once', '2027-10-30T12:00:00Z', 1],
  ])('%s', (_name, from, expected) => {
    const end = Date.parse(from) + 24 * 3_600_000
    let count = 0
    for (let at = nightly.next(new Date(from)); at.getTime() < end; at = nightly.next(at)) count++
    expect(count).toBe(expected)
  })
})

it.each(['', '61 * * * *', '0 2 30 2 *', 'often'])('refuses "%s"', (cron) => {
  expect(() => parseSchedule(cron)).toThrow(expect.objectContaining({ code: 'contract-invalid' }))
})
