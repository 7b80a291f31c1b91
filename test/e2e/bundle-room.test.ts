import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Case, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

let c: Case
let bundle = ''

beforeAll(async () => {
  c = await openCase({ sources: async (root) => [{ name: 'documents', url: `files:${root}` }] })
  await pin(c)
  bundle = join(c.root, 'bundle.zip')
  await restitute(['bundle', '--dossier', c.dossier, '--out', bundle])
})
afterAll(() => c[Symbol.asyncDispose]())

it('a bundle that finds no room to be unpacked is not called invalid', async (t) => {
  const folder = join(c.root, 'small')
  using disk = mountSmallDisk(folder, 1)
  if (!disk) return t.skip('mounting a small disk needs root')
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, 'filled'), Buffer.alloc((bavail - 2) * bsize))
  const { exit, stdout, stderr } = await restitute(['verify', bundle], { TMPDIR: folder })
  expect(stdout).toBe('')
  expect(stderr).toContain(`cannot be unpacked to ${folder}/restitute-bundle-`)
  expect(stderr).toContain('ENOSPC')
  expect(exit).toBe(1)
})

it('a folder for temporary files that is not there is named', async () => {
  const { exit, stderr } = await restitute(['verify', bundle], { TMPDIR: '/nowhere' })
  expect(stderr).toContain('no folder can be made in /nowhere: ENOENT\n  hint: a bundle is unpacked there')
  expect(exit).toBe(1)
})
