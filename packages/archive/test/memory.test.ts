import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const MiB = 2 ** 20

it('a volume far larger than its memory is written and read, with timers answered', {
  timeout: 120_000,
}, async () => {
  const sizes = [352 * MiB, 128 * MiB]
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'large-volume.ts'),
    ...sizes.map(String),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { read, turns, peakBytes } = JSON.parse(stdout) as { read: number; turns: number; peakBytes: number }
  expect(read).toBe(480 * MiB)
  expect(turns).toBeGreaterThan(5)
  expect(peakBytes).toBeLessThan(450 * MiB)
})
