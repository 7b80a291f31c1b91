import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'

/* Two contracts at one host that share a destination: nothing of one is destroyed, or taken for its own, by the other. */

const open: Case[] = []
afterEach(async () => {
  for (const c of open.splice(0)) await c[Symbol.asyncDispose]()
})

/** A case with a letter; with `vault`, its packages go into that of another one. */
async function contract(reference: string, vault?: string): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      await writeFile(join(root, 'letters', 'letter.txt'), `Dear colleague of ${reference}\n`)
      return [{ name: 'letters', url: `files:${join(root, 'letters')}` }]
    },
    contract: (yaml) => {
      const own = yaml.replace('reference: TEST-1', `reference: ${reference}`)
      return vault === undefined ? own : own.replace(/"directory:[^"]*"/, `"directory:${vault}"`)
    },
  })
  open.push(c)
  return c
}

it('an export that finds the package of another contract says whose it is, and to leave it', async () => {
  const first = await contract('FIRST-1')
  await pin(first)
  await exportPackage(first)
  const second = await contract('SECOND-1', first.vault)
  await pin(second)
  await expect(exportPackage(second)).rejects.toMatchObject({
    code: 'target-not-empty',
    hint: 'it is a package of the contract FIRST-1: leave it, and choose another destination',
  })
})
