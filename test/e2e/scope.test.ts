import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import type { Session } from '../../cli/src/session.ts'
import { readDocument } from '../../packages/manifest/src/index.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { type Reading, reading } from '../support/reading.ts'

/* A scope binds host and client: it takes a signature of each side, whoever else has signed. */

let c: Case
let scope: string
beforeAll(async () => {
  c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      return [{ name: 'letters', url: `files:${join(root, 'letters')}`, more: 'empty: true' }]
    },
  })
  await pin(c)
  scope = join(c.slips, 'scope-R1.json')
})
afterAll(() => c[Symbol.asyncDispose]())

/** What is found in a scope that these have signed. */
async function verified(
  session: Session,
  by: readonly Member[],
  signers: readonly Member[],
): Promise<Reading> {
  await rm(c.slips, { recursive: true })
  await mkdir(c.slips)
  await inventory(c.session, { sources: [], scope, operation: 'R1' })
  for (const member of by) await sign(c.as(member), scope)
  const files = signers.map((member) => c.keyFile(member).replace(/key$/, 'asc'))
  return reading(verify(session, { path: scope, signers: files, packages: [] }))
}

describe('a scope', () => {
  it.each(['scope-R1.json', 'scope of R1'])(
    'comes with a page in each language to read it by: %s',
    async (name) => {
      const path = join(c.slips, name)
      const { json } = await inventory(c.session, { sources: [], scope: path, operation: 'R1' })
      const stem = path.replace('.json', '')
      expect(json).toMatchObject({ scope: path, pages: [`${stem}.fr.html`, `${stem}.en.html`] })
      expect(readDocument('scope', await readFile(path)).sources).toMatchObject([{ name: 'letters' }])
      expect(await readFile(`${stem}.fr.html`, 'utf8')).toContain('Périmètre de la restitution')
      expect(await readFile(`${stem}.en.html`, 'utf8')).toContain('letters')
    },
  )
})

describe('by the contract', () => {
  it.each<[readonly Member[], Reading]>([
    [['host', 'client-1'], { exit: 0, codes: [] }],
    [['operator', 'client-2'], { exit: 0, codes: [] }],
    [[], { exit: 3, codes: ['signature-missing'] }],
    [['host'], { exit: 3, codes: ['signer-unknown'] }],
    [['client-1'], { exit: 3, codes: ['signer-unknown'] }],
    [['client-1', 'client-2'], { exit: 3, codes: ['signer-unknown'] }],
    [['host', 'operator'], { exit: 3, codes: ['signer-unknown'] }],
  ])('a scope signed by %s', async (by, expected) => {
    expect(await verified(c.session, by, [])).toEqual(expected)
  })
})

describe('by keys that were named by hand, of whose side nobody knows', () => {
  it.each<[readonly Member[], Reading]>([
    [['host', 'client-1'], { exit: 0, codes: [] }],
    [['host'], { exit: 3, codes: ['quorum-missing'] }],
    [['client-1'], { exit: 3, codes: ['quorum-missing'] }],
  ])('a scope signed by %s', async (by, expected) => {
    const alone = { ...c.session, dossierDir: join(c.root, 'nowhere') }
    expect(await verified(alone, by, ['host', 'client-1'])).toEqual(expected)
  })
})
