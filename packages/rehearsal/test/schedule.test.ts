import { RestituteError } from '@restitute/core'
import type { Rehearsal } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { keepSchedule, parseSchedule, type ScheduleNews } from '../src/index.ts'

const monthly = parseSchedule('0 2 1 * *')

/** A world in which time goes by only in sleep, and a rehearsal takes two hours. */
function world(begins: string) {
  let now = Date.parse(begins)
  const done: string[] = []
  const news: ScheduleNews[] = []
  let ended: Date | undefined
  return {
    done,
    news,
    set: (at: string): void => void (now = Date.parse(at)),
    async run(until: string, refuse: (at: Date) => boolean = () => false): Promise<void> {
      const stop = new AbortController()
      await keepSchedule({
        schedule: monthly,
        clock: { now: () => new Date(now) },
        async sleep(ms) {
          now += ms
          if (now >= Date.parse(until)) stop.abort()
        },
        signal: stop.signal,
        lastEnded: async () => ended,
        since: new Date(begins),
        jitter: 0,
        async rehearse() {
          if (refuse(new Date(now))) throw new RestituteError('dossier-locked', 'in use')
          done.push(new Date(now).toISOString())
          now += 2 * 3_600_000
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
