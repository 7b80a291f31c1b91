import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMounted, type Loss } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { inventoried, readAll } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/* What the machine or a file server cannot do for a while: the files are all there, and none is to be stated as lost. */

const canMount =
  havePrograms('mkfs.exfat', 'mount.exfat-fuse', 'losetup') &&
  available(
    process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control'),
    'no right to mount an image by FUSE',
  )

/** What is stated as lost when a tree is read that was inventoried, once this was done. */
async function lostAfter(root: string, then: () => unknown): Promise<Loss[]> {
  const { exporter, items, shard } = await inventoried(root)
  await using _disposed = exporter
  await then()
  return (await readAll(exporter, shard, items)).losses
}

/** The folder of an exFAT disk, which a program of its own serves until it is killed. */
async function served(
  folder: string,
): Promise<{ root: string; kill: () => Promise<void> } & AsyncDisposable> {
  const [image, root] = [join(folder, 'image'), join(folder, 'mounted')]
  await mkdir(root)
  execFileSync('truncate', ['-s', '16M', image])
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' })
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  const server = spawn('mount.exfat-fuse', ['-d', device, root], { stdio: 'ignore' })
  while (!(await isMounted(root))) await sleep(20)
  return {
    root,
    kill: async () => {
      server.kill('SIGKILL')
      await once(server, 'exit')
    },
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [root])
      execFileSync('losetup', ['-d', device])
    },
  }
}

describe('a tree that cannot be read for a while', () => {
  it.runIf(canMount)('whose file system has lost its server is no tree of lost files', async () => {
    await using temp = await tempFolder()
    await using disk = await served(temp.path)
    for (const name of ['a', 'b', 'c']) await writeFile(join(disk.root, name), name)
    await expect(lostAfter(disk.root, disk.kill)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('ENOTCONN'),
      hint: expect.stringContaining('is mounted and its server answers'),
    })
  })

  it('by a process that may open no more files is no tree of lost files', async () => {
    await using temp = await tempFolder()
    for (const name of ['a', 'b', 'c']) await writeFile(join(temp.path, name), name)
    const script = `
      import { openSync } from 'node:fs'
      import { filesConnector } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
      const { signal } = new AbortController()
      const exporter = await filesConnector.freeze({ name: 'tree', url: ${JSON.stringify(`files:${temp.path}`)} }, signal)
      const items = await Array.fromAsync(exporter.inventory(signal))
      const read = () => Array.fromAsync(exporter.read({ id: '000001', first: 1, last: items.length, bytes: 0 }, items, signal))
      await read()
      try { for (;;) openSync('/dev/null') } catch {}
      const outcome = await read().then((all) => all.filter((one) => 'lost' in one), ({ code, message, hint }) => [code, message, hint])
      process.stdout.write(JSON.stringify(outcome))`
    const node = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      script,
    ]
    const outcome = execFileSync('sh', ['-c', 'ulimit -n 200; exec "$@"', 'sh', ...node], {
      encoding: 'utf8',
    })
    expect(JSON.parse(outcome)).toEqual([
      'source-unreachable',
      expect.stringContaining('EMFILE'),
      expect.stringContaining('ulimit -n'),
    ])
  })
})
