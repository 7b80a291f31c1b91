import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { WriterLock } from '../src/lock.ts'

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync('true').pid
}

it('what a killed process was writing goes with the next lock; what a living one writes stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-lock-'))
  try {
    const leave = (name: string, pid: number) =>
      writeFile(join(folder, name), JSON.stringify({ pid, started: '', host: hostname(), token: 'x' }))
    await leave('.lock.0123456789abcdef', endedProcess())
    await leave('.lock.fedcba9876543210', process.pid)
    const held = await new WriterLock(join(folder, '.lock')).acquire()
    expect((await readdir(folder)).toSorted()).toEqual(['.lock', '.lock.fedcba9876543210'])
    await held[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual(['.lock.fedcba9876543210'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
