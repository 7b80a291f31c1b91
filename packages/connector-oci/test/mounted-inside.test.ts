import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import { parts } from './hostile-registry.ts'
import { descriptor, image } from './images.ts'
import { signal, spec, temporaryFolder } from './support.ts'

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

/** A layout with one image. */
function layoutAt(layout: string): void {
  const one = image('one', [20])
  for (const { digest, bytes } of parts(one)) {
    const path = join(layout, 'blobs', digest.replace(':', '/'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = { schemaVersion: 2, manifests: [descriptor(one.manifest)] }
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index))
}

describe.runIf(canMount)('a layout in which the blobs of several clients are bound', () => {
  it('is not destroyed: they would be, for all of them', async () => {
    using folder = temporaryFolder()
    const [layout, shared] = [join(folder.path, 'layout'), join(folder.path, 'shared')]
    layoutAt(layout)
    const blobs = join(layout, 'blobs')
    cpSync(blobs, shared, { recursive: true })
    rmSync(blobs, { recursive: true })
    mkdirSync(blobs)
    execFileSync('mount', ['--bind', shared, blobs])
    try {
      const before = readdirSync(shared, { recursive: true })
      const destroying = async (): Promise<unknown> => {
        await using destroyer = await ociConnector.destroyer(spec(`layout:${layout}`), signal)
        return await Array.fromAsync(destroyer.destroy(signal))
      }
      await expect(destroying()).rejects.toMatchObject({
        code: 'destroy-failed',
        message: expect.stringContaining('mounted inside') as string,
      })
      expect(readdirSync(shared, { recursive: true })).toEqual(before)
    } finally {
      execFileSync('umount', [blobs])
    }
  })
})
