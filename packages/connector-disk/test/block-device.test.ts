import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { carry, contentOf } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const script =
  'f=$(mktemp) && truncate -s 1M "$f" && d=$(losetup -f --show "$f") && losetup -d "$d"; s=$?; rm "$f"; exit $s'
const loops = spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status === 0
if (!loops) console.warn('skipped: this account may not make block devices')

describe.skipIf(!loops)('a block device', () => {
  it('is read as a raw disk, and shows when it was written to', async () => {
    await using temp = await tempFolder()
    const file = join(temp.path, 'file')
    await writeFile(file, Buffer.alloc(3 * 2 ** 20, 'device'))
    const device = run('losetup', '-f', '--show', file).trim()
    try {
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
    } finally {
      run('losetup', '-d', device)
      await rm(file)
    }
  })
})
