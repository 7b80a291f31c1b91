import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sighting, SourceSpec } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { diskConnector } from '../src/index.ts'
import { calm, carry, contentOf } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const script =
  'f=$(mktemp) && truncate -s 1M "$f" && d=$(losetup -f --show "$f") && losetup -d "$d"; s=$?; rm "$f"; exit $s'
const loops = spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status === 0
if (!loops) console.warn('skipped: this account may not make block devices')

/** A loop device on a file of 3 MiB with content, its lasting name beside it. */
async function withDevice(use: (device: string, file: string, link: string) => Promise<void>): Promise<void> {
  await using temp = await tempFolder()
  const [file, link] = [join(temp.path, 'file'), join(temp.path, 'by-id')]
  await writeFile(file, Buffer.alloc(3 * 2 ** 20, 'device'))
  const device = run('losetup', '-f', '--show', file).trim()
  try {
    await symlink(device, link)
    await use(device, file, link)
  } finally {
    // It may have been taken from under the test.
    spawnSync('losetup', ['-d', device], { stdio: 'ignore' })
  }
}

/** Holds a device open for writing by a node that only its own process sees, as libvirt gives one to each guest. */
async function writer(device: string, folder: string): Promise<AsyncDisposable> {
  await mkdir(folder)
  const number = run('stat', '-c', '%Hr %Lr', device).trim()
  const script = `mount -t tmpfs none ${folder} && mknod ${folder}/disk b ${number} && exec 3<>${folder}/disk && echo && read _`
  const child = spawn('unshare', ['-m', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

const source = (device: string, how = ''): SourceSpec => ({ name: 'guest', url: `disk:${device}${how}` })

async function seen(device: string): Promise<Sighting> {
  await using prober = await diskConnector.prober(source(device), calm)
  return await prober.look(calm)
}

describe.skipIf(!loops)('a block device', () => {
  it('is read as a raw disk, and shows when it was written to', async () => {
    await withDevice(async (device, file) => {
      const first = await carry(`disk:${device}?format=raw`)
      expect(first.losses).toEqual([])
      expect(contentOf(first, 'disk/disk').equals(readFileSync(file))).toBe(true)
      const again = await carry(`disk:${device}?format=raw`)
      expect(again.items[0]?.mark).toBe(first.items[0]?.mark)
      execFileSync('dd', [`of=${device}`, 'conv=fsync', 'bs=4096', 'seek=3'], {
        input: Buffer.alloc(4096, 1),
        stdio: 'pipe',
      })
      const written = await carry(`disk:${device}?format=raw`)
      expect(written.items[0]?.mark).not.toBe(first.items[0]?.mark)
      expect(contentOf(written, 'disk/disk')[12_288]).toBe(1)
    })
  })

  it.each(['overwrite', 'discard'])('by %s is emptied, stays, and nothing more is claimed', async (how) => {
    await withDevice(async (device, file, link) => {
      const before = await seen(link)
      expect(before.state).toBe('present')
      await using destroyer = await diskConnector.destroyer(source(link, `?destroy=${how}`), calm)
      expect(destroyer.fingerprint).toBe(before.fingerprint)
      expect(destroyer.method.category).toBe('none')
      expect(destroyer.method.technique).not.toContain('unlink')
      const step = { action: how, object: device, count: 3 * 2 ** 20 }
      expect(await Array.fromAsync(destroyer.plan(calm))).toEqual([step])
      expect((await seen(device)).state).toBe('present')
      expect(await Array.fromAsync(destroyer.destroy(calm))).toEqual([step])
      expect(await Array.fromAsync(destroyer.destroy(calm))).toEqual([])
      const { state, fingerprint, looked } = await seen(link)
      expect([state, fingerprint]).toEqual(['absent', undefined])
      expect(looked.at(-1)).toContain('all of them zeros')
      expect(readFileSync(file).every((byte) => byte === 0)).toBe(true)
    })
  })

  it('is not destroyed without a method, when mounted, when written to, or when another has taken its place', async () => {
    await withDevice(async (device, file) => {
      const refused = { code: 'destroy-failed' }
      await expect(diskConnector.destroyer(source(device), calm)).rejects.toMatchObject(refused)
      const overwriting = source(device, '?destroy=overwrite')
      {
        await using _writer = await open(device, 'r+')
        await expect(diskConnector.destroyer(overwriting, calm)).rejects.toMatchObject({
          code: 'source-unreachable',
        })
      }
      await using destroyer = await diskConnector.destroyer(overwriting, calm)
      const destroyed = () => Array.fromAsync(destroyer.destroy(calm))
      run('mke2fs', '-q', '-F', device)
      const folder = `${file}-mounted`
      await mkdir(folder)
      run('mount', device, folder)
      await expect(destroyed()).rejects.toMatchObject(refused)
      await expect(diskConnector.destroyer(overwriting, calm)).rejects.toThrow('it is mounted')
      run('umount', folder)
      run('losetup', '-d', device)
      run('losetup', device, file)
      await expect(destroyed()).rejects.toThrow('it was replaced')
      expect((await seen(device)).state).toBe('present')
      expect(readFileSync(file).some((byte) => byte !== 0)).toBe(true)
    })
  })

  it('to which a machine writes by a node of its own is refused, for export and for destruction', async () => {
    await withDevice(async (device, file) => {
      const refused = { code: 'source-unreachable', message: expect.stringContaining('a running machine') }
      await using _writer = await writer(device, `${file}-nodes`)
      await expect(carry(`disk:${device}?format=raw`)).rejects.toMatchObject(refused)
      await expect(diskConnector.destroyer(source(device, '?destroy=overwrite'), calm)).rejects.toMatchObject(
        refused,
      )
    })
  })

  it('that is written to after its destruction was begun is not overwritten', async () => {
    await withDevice(async (device) => {
      await using destroyer = await diskConnector.destroyer(source(device, '?destroy=overwrite'), calm)
      execFileSync('dd', [`of=${device}`, 'conv=fsync'], { input: Buffer.alloc(4096, 1), stdio: 'pipe' })
      await expect(Array.fromAsync(destroyer.destroy(calm))).rejects.toMatchObject({
        message: expect.stringContaining('written to since'),
        details: { untouched: true },
      })
      expect((await seen(device)).state).toBe('present')
    })
  })

  it('that is not attached is neither gone nor destroyed', async () => {
    const nowhere = '/dev/restitute-no-such-device'
    expect((await seen(nowhere)).state).toBe('could-not-check')
    await expect(diskConnector.destroyer(source(nowhere, '?destroy=discard'), calm)).rejects.toMatchObject({
      code: 'source-unreachable',
    })
  })
})
