import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'

const keys = await newKeys()
const workerUrl = new URL('../support/fast-worker.ts', import.meta.url)
const mebibyte = 1024 ** 2

describe('a source that is faster than all behind it', () => {
  it('is not read ahead of a destination that stands still', async () => {
    await using folder = await temporaryFolder()
    const ahead = join(folder.path, 'ahead')
    await exportFrom(folder.path, keys, [{ name: 'fast', url: `fast:${96 * mebibyte}?${ahead}` }], {
      workerUrl,
    })
    expect(Number(await readFile(ahead, 'utf8'))).toBeLessThan(16 * mebibyte)
  })

  it('lets timers run and signals be answered, in the worker and in the main thread', async () => {
    await using folder = await temporaryFolder()
    const abort = new AbortController()
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    // Far more than could be written before the test's time limit: only the answered signal ends it.
    const endless = exportFrom(folder.path, keys, [{ name: 'fast', url: `fast:${1024 ** 4}` }], {
      workerUrl,
      signal: abort.signal,
      progress: ({ doneBytes }) => {
        if (doneBytes > 64 * mebibyte && ticks > 10) abort.abort()
      },
    })
    await expect(endless).rejects.toMatchObject({ code: 'interrupted' })
    clearInterval(timer)
  })
})
