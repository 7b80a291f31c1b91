import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { acknowledge } from '../../cli/src/commands/acknowledge.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { accepting, type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

async function openTwo(): Promise<Case> {
  return openCase({
    sources: async (root) => {
      for (const name of ['letters', 'images']) {
        await mkdir(join(root, name))
        await writeFile(join(root, name, 'one.txt'), `${name}\n`)
      }
      return ['letters', 'images'].map((name) => ({ name, url: `files:${join(root, name)}` }))
    },
  })
}

it('whoever verifies or acknowledges is told which sources of the contract are in none of the packages', async () => {
  await using c = await openTwo()
  await pin(c)
  await exportPackage(c, undefined, { sources: ['letters'] })
  await deliverAll(c)
  const client = { ...c.as('client-1'), dossierDir: join(c.root, 'received') }
  await cp(c.dossier, client.dossierDir, { recursive: true })
  const some = await acknowledge(client, accepting(c, ['R1-0001']))
  expect(some.json['undeliveredSources']).toEqual(['images'])
  const missing = 'NOT IN THESE PACKAGES: the source images of the contract'
  expect(some.lines[0]).toBe(missing)
  const place = (name: string) => join(c.client, name)
  const seen = await verify(client, { path: place('R1-0001'), signers: [], packages: [] })
  expect([seen.exit, seen.lines[0], seen.json['undeliveredSources']]).toEqual([0, missing, ['images']])

  await exportPackage(c, 'R1-0001', { sources: ['images'] })
  await deliverAll(c)
  const all = await acknowledge(client, accepting(c, ['R1-0001', 'R1-0002']))
  expect(all.json['undeliveredSources']).toEqual([])
  expect(all.lines.join('\n')).not.toContain('NOT IN THESE PACKAGES')
  const both = { path: place('R1-0002'), signers: [], packages: [place('R1-0001')] }
  expect((await verify(client, both)).json['undeliveredSources']).toEqual([])
})
