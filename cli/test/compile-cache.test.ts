import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restitute } from '../../test/support/cli.ts'

// Without the cache of the tests.
const own = { NODE_COMPILE_CACHE: undefined }

describe('compiled modules', () => {
  let folder: string
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'restitute-cache-'))))
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("are kept in the user's cache folder", async () => {
    const { exit } = await restitute(['--version'], { ...own, XDG_CACHE_HOME: folder })
    expect(exit).toBe(0)
    const kept = join(folder, 'restitute')
    expect(await readdir(kept)).not.toEqual([])
    expect((await stat(kept)).mode & 0o022).toBe(0)
  })

  it('are not missed where nothing can be kept', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const { exit, stdout, stderr } = await restitute(['--version'], { ...own, XDG_CACHE_HOME: file })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
