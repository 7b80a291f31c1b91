import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { havePrograms } from '../support/programs.ts'

/* Between an export and its destruction lie weeks: the machine has been started anew, shares have been mounted again. */

const { signal } = new AbortController()
const ready = havePrograms('mkfs.ext4', 'losetup', 'qemu-img') && process.getuid?.() === 0

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

async function populate(root: string): Promise<void> {
  await mkdir(join(root, 'images'))
  await writeFile(join(root, 'images/oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(root, 'images/index.json'), '{"schemaVersion":2,"manifests":[]}')
  await writeFile(join(root, 'guest.raw'), Buffer.alloc(1024))
  using db = new DatabaseSync(join(root, 'records.db'))
  db.exec('CREATE TABLE t(a)')
}

function urlsOf(root: string): string[] {
  return [`files:${root}`, `sqlite:${root}/records.db`, `oci:layout:${root}/images`, `disk:${root}/guest.raw`]
}

async function fingerprints(root: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = []
  for (const url of urlsOf(root)) {
    await using prober = await (await connectorOf(url)).prober({ name: 'source', url }, signal)
    found.push((await prober.look(signal)).fingerprint)
  }
  return found
}

/** What a second pass goes by. */
async function marks(root: string): Promise<string[]> {
  const found: string[] = []
  for (const url of urlsOf(root)) {
    await using exporter = await (await connectorOf(url)).freeze({ name: 'source', url }, signal)
    for await (const { id, mark } of exporter.inventory(signal)) found.push(`${id} ${mark}`)
  }
  return found
}

/** Runs `use` while the file systems in these images are mounted on a folder, each on another device. */
async function mounted<T>(images: readonly string[], root: string, use: () => Promise<T>): Promise<T[]> {
  const devices = images.map((image) => run('losetup', '-f', '--show', image))
  const results: T[] = []
  try {
    for (const device of devices) {
      run('mount', device, root)
      try {
        results.push(await use())
      } finally {
        run('umount', root)
      }
    }
    return results
  } finally {
    for (const device of devices) spawnSync('losetup', ['-d', device])
  }
}

describe.skipIf(!ready || !existsSync('/dev/loop-control'))('a file system that is mounted again', () => {
  it('holds the systems that were inventoried, whatever number its device has got; another one does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restitute-remounted-'))
    try {
      const [one, other, root] = ['one', 'other', 'srv'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      await mkdir(root)
      for (const image of [one, other]) {
        run('truncate', '-s', '16M', image)
        run('mkfs.ext4', '-q', image)
        await mounted([image], root, () => populate(root))
        // mkfs writes whole seconds.
        await sleep(1100)
      }
      const [before, foreign] = await mounted([one, other], root, () => fingerprints(root))
      const [meanwhile, after] = await mounted([other, one], root, () => fingerprints(root))
      expect(before).toEqual([expect.any(String), expect.any(String), expect.any(String), expect.any(String)])
      expect([after, meanwhile]).toEqual([before, foreign])
      const [known, , again] = await mounted([one, other, one], root, () => marks(root))
      expect(again).toEqual(known)
      for (const [i, fingerprint] of (before ?? []).entries()) expect(foreign?.[i]).not.toBe(fingerprint)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
