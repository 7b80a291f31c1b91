import type { RunState } from '@restitute/run'
import { describe, expect, it } from 'vitest'
import { runningLines } from '../src/running.ts'

const now = new Date('2026-11-30T09:00:00Z')

/** What `status` says of a run that has come so far. */
function said(amounts: Pick<RunState, 'doneBytes' | 'totalBytes' | 'doneItems' | 'totalItems'>): string {
  const state: RunState = {
    ...{
      package: 'R1-0001',
      pid: 7,
      host: 'here',
      heardAt: now.getTime(),
      revision: 1,
      bytesPerSecond: 1000,
    },
    ...{ paused: false, draining: false, sources: [] },
    ...amounts,
  }
  return runningLines(state, now).join('\n')
}

describe('how far a running export is', () => {
  it('is told in bytes of all bytes', () => {
    expect(said({ doneBytes: 500_000, totalBytes: 2_000_000, doneItems: 3, totalItems: 9 })).toContain(
      '500 kB of 2.0 MB, 3 items',
    )
  })

  it('is told in items where very small files made more bytes than there are in them', () => {
    const text = said({ doneBytes: 9_000_000, totalBytes: 2_000_000, doneItems: 3, totalItems: 9 })
    expect(text).toContain('9.0 MB, 3 of 9 items')
    expect(text).not.toContain('of 2.0 MB')
  })

  it('names no total before there is one', () => {
    expect(said({ doneBytes: 0, totalBytes: 0, doneItems: 0, totalItems: 0 })).not.toContain(' of ')
  })
})
