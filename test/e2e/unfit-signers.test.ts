import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { check } from '../../cli/src/commands/check.ts'
import { startGpg } from '../../packages/seal/test/gpg.ts'
import { openCase } from '../support/case.ts'

/* Orders and certificates are signed months after the contract: who will not be able to is found before it is signed. */

const gpg = startGpg()
afterAll(() => gpg[Symbol.dispose]())

it('check names the persons whose keys cannot sign, and a client of whose keys none can', async () => {
  const weak = gpg.makeKey('weak@example.org', 'rsa2048', 'rsa2048')
  const unfit = gpg.must(['--armor', '--export', weak])
  await using c = await openCase({
    begins: new Date(Date.now() + 60_000),
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
  })
  const remarks = async (): Promise<[string, string][]> => {
    const { json } = await check(c.session, { contractOnly: true })
    const all = json['remarks'] as { about: string; message: string; severity: string }[]
    return all.filter(({ severity }) => severity === 'problem').map(({ about, message }) => [about, message])
  }
  expect(await remarks()).toEqual([])

  const contract = join(c.dossier, 'contract.yaml')
  const text = await readFile(contract, 'utf8')
  await writeFile(join(c.dossier, 'keys/authoriser-2.asc'), unfit)
  await writeFile(contract, text.replace(c.cast.key('authoriser-2').fingerprint, weak))
  expect(await remarks()).toEqual([
    [`key ${weak}`, expect.stringMatching(/^authoriser-2 cannot sign with it: .*RSA with 2048 bits/)],
  ])
})
