import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { WriterLock } from '../src/lock.ts'

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync('true').pid
}

it('the lock of a process that was killed is taken over, though nobody has asked how it ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-lock-'))
  // The shell becomes a program that never asks.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const pid = Number(
      await new Promise((resolve) => parent.stdout.once('data', (line) => resolve(String(line)))),
    )
    await until(async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n')
    process.kill(pid, 'SIGKILL')
    await until(async () => (await stateOf(pid)) === 'Z')
    await writeFile(join(folder, '.lock'), JSON.stringify({ pid, started: '', host: hostname(), token: 'x' }))
    await using _held = await new WriterLock(join(folder, '.lock')).acquire()
    expect(await readFile(join(folder, '.lock'), 'utf8')).toContain(`"pid":${process.pid}`)
  } finally {
    parent.kill()
    await rm(folder, { recursive: true })
  }
})

async function stateOf(pid: number): Promise<string | undefined> {
  return / ([A-Z]) /.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1]
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(20)
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

const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
const numbers = await readlink('/proc/self/ns/pid')
const machine = 'pid:[4026531836]'

it.each([
  ['of this container, ended', { boot, numbers }, true],
  ['of another container, whose numbers are other ones', { boot, numbers: 'pid:[1]' }, false],
  ['of another container, before the machine was started anew', { boot: 'x', numbers: 'pid:[1]' }, false],
  ['from here, before the machine was started anew', { boot: 'x', numbers }, numbers === machine],
])('the lock of a process %s', async (_what, seenFrom, isTakenOver) => {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-lock-'))
  const holder = { pid: endedProcess(), started: '1', host: hostname(), seenFrom, token: 'x' }
  await writeFile(join(folder, '.lock'), JSON.stringify(holder))
  try {
    const taken = new WriterLock(join(folder, '.lock')).acquire()
    if (isTakenOver) return await (await taken)[Symbol.asyncDispose]()
    const hint = `when nothing runs in another container on ${hostname()} any more, remove ${join(folder, '.lock')}`
    // No number that somebody might end here: it is that of another process.
    await expect(taken).rejects.toMatchObject({
      ...{ code: 'dossier-locked', hint },
      details: { host: hostname() },
    })
    await expect(taken).rejects.not.toMatchObject({ details: { pid: holder.pid } })
  } finally {
    await rm(folder, { recursive: true })
  }
})
