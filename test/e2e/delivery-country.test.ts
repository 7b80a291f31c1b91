import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { type Case, deliverAll, exportPackage, openCase } from '../support/case.ts'

/* R25: health data leave to a place whose country is known and allowed. */

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  await mkdir(join(root, 'source'))
  await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
}

/** Two more places in the contract: one in a country without adequacy, one there with a reason. */
function declared(yaml: string): string {
  const vault = /directory:[^"]*/.exec(yaml)?.[0] ?? ''
  const place = (name: string, more: string): string =>
    `  - { name: ${name}, url: "${vault}-${name}", country: ${more} }\n`
  return yaml.replace(
    'deadlines:',
    `${place('far', 'US')}${place('excepted', 'US, outside-eea: "the client is a hospital there"')}deadlines:`,
  )
}

let c: Case
beforeAll(async () => {
  c = await openCase({ sources, contract: declared })
  await exportPackage(c)
})
afterAll(() => c[Symbol.asyncDispose]())

/** The country that the newest delivery of the ledger names. */
async function recorded(): Promise<unknown> {
  const { ledger } = await openDossier(c.dossier)
  return ledger.events().findLast(({ type }) => type === 'delivered')?.body['country']
}

describe('the country of a delivery', () => {
  const refused = [
    ['nobody said it', {}, 'usage'],
    ['it is no country code', { country: 'France' }, 'usage'],
    ['it has no adequacy', { country: 'US' }, 'country-refused'],
    ['the contract gives no reason', { to: 'far' }, 'country-refused'],
    ['the contract says otherwise', { to: 'vault', country: 'DE' }, 'usage'],
  ] as const
  it.each(refused)('is refused when %s, and nothing leaves', async (_why, more, code) => {
    const given = { country: undefined, ...more } as unknown as { country: string }
    await expect(deliverAll(c, given)).rejects.toMatchObject({ code })
    expect(await readdir(c.client)).toEqual([])
    expect(await recorded()).toBeUndefined()
  })

  it('is the one that was said for a place of the client', async () => {
    await deliverAll(c, { country: 'DE' })
    expect(await readdir(c.client)).toEqual(['R1-0001'])
    expect(await recorded()).toBe('DE')
  })

  it('is the one that the contract gives for a place that it declares, outside too when it says why', async () => {
    await deliverAll(c, { to: 'excepted', country: 'US' })
    expect(await readdir(`${c.vault}-excepted`)).toEqual(['R1-0001'])
    expect(await recorded()).toBe('US')
    await deliverAll(c, { to: 'vault', country: 'FR' })
    expect(await recorded()).toBe('FR')
  })
})
