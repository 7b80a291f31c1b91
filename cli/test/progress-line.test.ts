import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { progressDisplay } from '../src/progress-line.ts'

/** What is written to a terminal 200 columns wide, the last line shown. */
function terminal(): { stream: NodeJS.WriteStream; line: () => string } {
  const out = new PassThrough()
  let written = ''
  out.on('data', (chunk: Buffer) => (written += chunk.toString()))
  const stream = Object.assign(out, { isTTY: true, columns: 200 }) as unknown as NodeJS.WriteStream
  return { stream, line: () => written.split('\r').at(-1)?.replace('\x1b[2K', '') ?? '' }
}

describe('progress', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('gives amount, share, rate and time left', () => {
    const { stream, line } = terminal()
    const { progress } = progressDisplay(stream, false)
    progress({ task: 'export', subject: 'records', doneBytes: 0, totalBytes: 400e6 })
    vi.advanceTimersByTime(2000)
    progress({ task: 'export', subject: 'records', doneBytes: 100e6, totalBytes: 400e6 })
    expect(line()).toBe('export records  100 MB of 400 MB  25 %  50.0 MB/s  6 s left')
  })

  it('counts work that begins anew from its own beginning', () => {
    const { stream, line } = terminal()
    const { progress } = progressDisplay(stream, false)
    progress({ task: 'verify', subject: 'R1-0001', doneBytes: 100e6, totalBytes: 100e6 })
    vi.advanceTimersByTime(3_600_000)
    progress({ task: 'verify', subject: 'R1-0001', doneBytes: 0, totalBytes: 100e6 })
    vi.advanceTimersByTime(1000)
    progress({ task: 'verify', subject: 'R1-0001', doneBytes: 50e6, totalBytes: 100e6 })
    expect(line()).toBe('verify R1-0001  50.0 MB of 100 MB  50 %  50.0 MB/s  1 s left')
  })

  it('goes by items where more is written than the content of very small files', () => {
    const { stream, line } = terminal()
    const { progress } = progressDisplay(stream, false)
    const report = { task: 'export', subject: 'R1-0001', totalBytes: 7000, totalItems: 1_000_000 }
    progress({ ...report, doneBytes: 0, doneItems: 0 })
    vi.advanceTimersByTime(10_000)
    progress({ ...report, doneBytes: 16e6, doneItems: 100_000 })
    expect(line()).toBe('export R1-0001  16.0 MB, 100000 of 1000000 items  10 %  1.6 MB/s  1 min 30 s left')
  })
})
