import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { haveShared, sharedData } from '../../../test/support/shared-data.ts'
import { hostileImages, overlaid } from './support/hostile-images.ts'
import { run, tempFolder } from './support/places.ts'
import { unpack } from './support/shared-images.ts'

const ready = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io', 'bzip2', 'zstd', 'prlimit')
/** What one worker may take (R61), in megabytes. */
const most = 150 + 300

/** Every hostile image, each in a folder of its own, and one that is merely huge. */
async function makeImages(folder: string): Promise<string[]> {
  const paths: string[] = []
  for (const [i, [, name, make]] of hostileImages.entries()) {
    const own = join(folder, String(i))
    await mkdir(own)
    await make((file) => join(own, file))
    paths.push(join(own, name))
  }
  const [huge, lying] = [join(folder, 'huge.qcow2'), join(folder, 'overlaid.qcow2')]
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', huge, '60T')
  await overlaid(lying)
  return [...paths, huge, lying]
}

async function sharedImages(folder: string): Promise<string[]> {
  if (!haveShared('vm-images')) return []
  const packed = await readdir(join(sharedData, 'vm-images'))
  const names = packed
    .filter((name) => /\.(bz2|zst)$/.test(name))
    .map((name) => name.replace(/\.(bz2|zst)$/, ''))
  const paths: string[] = []
  for (const name of names) {
    const path = await unpack(name, folder)
    paths.push(name.startsWith('parallels') ? `${path}?format=parallels` : path)
    // Its name does not say that it is one.
    if (name === 'afl5.img') paths.push(`${path}?format=vhd`)
  }
  return paths
}

describe.skipIf(!ready)('whatever an image says', () => {
  it('neither we nor QEMU take more memory than a worker may, and nobody writes a byte to a disk', async () => {
    await using temp = await tempFolder()
    const [images, tmp] = [join(temp.path, 'images'), join(temp.path, 'tmp')]
    await mkdir(images)
    await mkdir(tmp)
    const urls = [...(await makeImages(images)), ...(await sharedImages(images))].map(
      (path) => `disk:${path}`,
    )
    const program = join(import.meta.dirname, 'support/handle-images.ts')
    const measured = ['-f', '%M', '-o', join(temp.path, 'peak'), 'prlimit', '--fsize=0', '--']
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', program]
    const { status, stdout, stderr } = spawnSync('/usr/bin/time', [...measured, ...node, ...urls], {
      env: { ...process.env, TMPDIR: tmp },
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { outcome: unknown; peak: number })
    expect(lines).toHaveLength(urls.length)
    for (const { peak } of lines) expect(peak).toBeLessThan(most)
    for (const { outcome } of lines.slice(0, hostileImages.length)) {
      expect(outcome).toMatch(/^(hostile-input|source-unreachable)$/)
    }
    // The largest of all processes, QEMU's among them.
    const largest = Number((await readFile(join(temp.path, 'peak'), 'utf8')).trim().split('\n').at(-1)) / 1024
    expect(largest).toBeLessThan(most)
    expect(await readdir(tmp)).toEqual([])
  })
})
