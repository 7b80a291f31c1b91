import { readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { directoryDestination } from '@restitute/archive'
import type { IndexEntry } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import {
  inThisThread,
  type PackageCheck,
  type PartialResults,
  type Report,
  type SoundVolume,
  type VerifyWorkers,
  verifyPackage,
} from '../src/index.ts'
import { makePackage } from './support/package.ts'
import { codes, newWorld } from './support/world.ts'

const world = newWorld()
const volumes = ['volumes/000001.tar.zst.pgp', 'volumes/000002.tar.zst.pgp', 'volumes/000003.tar.zst.pgp']

/** Partial results in memory. */
class Kept implements PartialResults {
  readonly sound: SoundVolume[] = []
  ended = false

  has(volume: SoundVolume): boolean {
    return this.sound.some((one) => JSON.stringify(one) === JSON.stringify(volume))
  }

  async add(volume: SoundVolume): Promise<void> {
    this.sound.push(volume)
  }

  async end(): Promise<void> {
    this.ended = true
  }
}

/** The usual workers, noting which files they are given; `delay` milliseconds before each. */
function watchedWorkers(
  folder: string,
  delay: (name: string) => number = () => 0,
): VerifyWorkers & { readonly digested: string[]; readonly opened: string[] } {
  const own = inThisThread(directoryDestination(folder))
  const digested: string[] = []
  const opened: string[] = []
  return {
    atOnce: 3,
    digested,
    opened,
    digest: async (record, watch) => {
      digested.push(record.name)
      await sleep(delay(record.name))
      return own.digest(record, watch)
    },
    read: async (record, ...rest) => {
      opened.push(record.name)
      await sleep(delay(record.name))
      await own.read(record, ...rest)
    },
  }
}

function check(folder: string, more: Partial<PackageCheck>): Promise<Report> {
  const destination = directoryDestination(folder)
  const opener = { privateKeys: [world.client] }
  return verifyPackage({ destination, trust: world.trust, opener, ...more })
}

/** Interrupts a full check once the first volume was found sound. */
async function interrupted(folder: string): Promise<Kept> {
  const kept = new Kept()
  const abort = new AbortController()
  const add = kept.add.bind(kept)
  kept.add = async (volume) => {
    await add(volume)
    abort.abort()
  }
  const workers = { ...inThisThread(directoryDestination(folder)), atOnce: 1 }
  const run = check(folder, { partial: async () => kept, workers, signal: abort.signal })
  await expect(run).rejects.toMatchObject({ code: 'interrupted' })
  kept.add = add
  expect(kept.sound.map(({ name, depth }) => [name, depth])).toEqual([[volumes[0], 'inside']])
  expect(kept.ended).toBe(false)
  return kept
}

describe('a verification that was interrupted', () => {
  it('goes on: what was found sound is not read again, and the results add up', async () => {
    const folder = await world.copy()
    const kept = await interrupted(folder)
    const workers = watchedWorkers(folder)
    const report = await check(folder, { partial: async () => kept, workers })
    expect(workers.opened.toSorted()).toEqual(volumes.slice(1))
    expect(workers.digested).not.toContain(volumes[0])
    const whole = await world.full(folder)
    expect(report.findings).toEqual(whole.findings)
    expect(report.verdict).toBe('valid')
    expect(report.checked.join()).toContain('1 of 3 volumes by an interrupted run before')
    expect(kept.ended).toBe(true)
  })

  it("keeps no volume with the bag's own files: they are needed each time", async () => {
    const kept = new Kept()
    await check(world.sound, { partial: async () => kept })
    expect(kept.sound.map(({ name }) => name).toSorted()).toEqual(volumes.slice(0, 2))
  })

  it('checks a volume again that has changed since, though its size and time are the same', async () => {
    const folder = await world.copy()
    const kept = await interrupted(folder)
    const path = join(folder, volumes[0]!)
    const { atime, mtime } = await stat(path)
    const bytes = await readFile(path)
    bytes[100]! ^= 1
    await writeFile(path, bytes)
    await utimes(path, atime, mtime)
    const report = await check(folder, { partial: async () => kept })
    expect(codes(report)).toContain('file-digest-differs')
  })

  it('is not led to pass over an entry that is missing', async () => {
    const folder = world.fresh()
    const ghost: IndexEntry = {
      entry: 'ghost.jsonl',
      type: 'file',
      size: 1,
      sha256: '0'.repeat(64),
      volume: volumes[0]!,
    }
    await makePackage(folder, world.host, world.client, { lines: (lines) => [...lines, ghost] })
    const everything = { has: () => true, add: async () => {}, end: async () => {} }
    const report = await check(folder, { partial: async () => everything })
    expect(codes(report)).toContain('entry-missing')
  })

  it('goes on outside, too: only what was not hashed is hashed', async () => {
    const folder = await world.copy()
    const kept = new Kept()
    const o = { destination: directoryDestination(folder), trust: world.trust, partial: async () => kept }
    await verifyPackage(o)
    expect(kept.sound).toHaveLength(3)
    const workers = watchedWorkers(folder)
    expect(codes(await verifyPackage({ ...o, workers }))).toEqual([])
    expect(workers.digested.filter((name) => name.startsWith('volumes/'))).toEqual([])
    const inside = watchedWorkers(folder)
    await check(folder, { partial: async () => kept, workers: inside })
    expect(inside.opened.toSorted(), 'hashed is not decrypted').toEqual(volumes)
  })
})

describe('the order of the findings', () => {
  it('is the same however the work is divided', async () => {
    const folder = world.fresh()
    const wrong = (entry: string): boolean => entry.endsWith('.txt') || entry.startsWith('data/big')
    await makePackage(folder, world.host, world.client, {
      lines: (lines) =>
        lines.map((line) =>
          'entry' in line && wrong(line.entry) ? { ...line, volume: 'volumes/000009.tar.zst.pgp' } : line,
        ),
    })
    const README = join(folder, 'README.md')
    await writeFile(README, `${await readFile(README, 'utf8')}\n`)
    const alone = await check(folder, { workers: { ...watchedWorkers(folder), atOnce: 1 } })
    expect(alone.findings.length).toBeGreaterThan(8)
    for (const delays of [
      [30, 15, 0],
      [0, 30, 15],
      [15, 0, 30],
    ]) {
      const delay = (name: string): number => delays[volumes.indexOf(name)] ?? 0
      expect(await check(folder, { workers: watchedWorkers(folder, delay) })).toEqual(alone)
    }
  })
})
