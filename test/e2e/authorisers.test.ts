import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { makeReady, openCase } from '../support/case.ts'

/* A contract may ask for more signatures on an order than the two that are the least. */

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(folder)
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${folder}` }]
}

it('verifies an order by the number of authorisers that its contract asks for', async () => {
  const three = (yaml: string): string => yaml.replace('authorisers: 2', 'authorisers: 3')
  await using c = await openCase({ sources, contract: three })
  const confirm = await makeReady(c)
  const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(refused).rejects.toMatchObject({ code: 'guard-refused', details: { guard: 'authorised' } })
  const order = join(c.dossier, 'documents/order-R1.json')
  const { exit, json } = await verify(c.session, { path: order, signers: [], packages: [] })
  expect([exit, json['findings']]).toEqual([
    3,
    [expect.objectContaining({ code: 'quorum-missing', expected: '3', got: '2' })],
  ])
  await expect(certify(c.as('verifier'), {})).rejects.toMatchObject({ code: 'incomplete' })
})
