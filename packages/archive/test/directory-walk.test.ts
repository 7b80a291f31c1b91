import type { BigIntStats } from 'node:fs'
import { cp, mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { directoryDestination } from '../src/index.ts'
import { temporaryFolder } from './helpers.ts'

// As exFAT and FAT give it: the time of the last change of a file is the one that a copy keeps.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const unchanged = async (path: string): Promise<BigIntStats> => {
    const stats = await real.lstat(path, { bigint: true })
    return Object.assign(stats, { ctimeNs: stats.mtimeNs, ctimeMs: stats.mtimeMs })
  }
  return { ...real, lstat: unchanged }
})

it('a copy of a file with the same times has another mark, also without times of change', async () => {
  const folder = temporaryFolder()
  const marks: unknown[] = []
  for (const name of ['one', 'other']) {
    await mkdir(join(folder, name))
    // The clock of files moves in steps: nobody mounts another medium in less than one.
    await sleep(50)
    if (name === 'one') await writeFile(join(folder, 'one/volume'), 'content')
    else await cp(join(folder, 'one/volume'), join(folder, 'other/volume'))
    await utimes(join(folder, name, 'volume'), 1e9, 1e9)
    const list = (): Promise<unknown[]> =>
      Array.fromAsync(directoryDestination(join(folder, name)).list(), ({ mark }) => mark)
    expect(await list()).toEqual(await list())
    marks.push(...(await list()))
  }
  expect(marks[0]).not.toBe(marks[1])
})
