import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { formOf, openDossier } from '../src/index.ts'
import { begin, c, take } from './record-support.ts'
import { day, errorOf, type Name, people, removeFolders, signedFile } from './support.ts'

afterAll(removeFolders)
beforeEach(async () => {
  await begin()
  const body = { packages: [], channel: 'medium', medium: 'WX-1' }
  const key = (await people()).operator
  await c.dossier.ledger.append({ type: 'delivered', operation: 'R1', body, key, at: day(2) })
})

const disk = {
  copy: 'medium/WX-1',
  holder: 'CHU Exemple',
  text: 'it stays in our vault',
  signer: 'C. Client',
}

const custody = async (signers: readonly Name[], change: Partial<typeof disk> = {}): Promise<string> => {
  const set = new Map(Object.entries({ ...disk, ...change }))
  const { terms, ledger } = c.dossier
  const given = { terms, events: ledger.events(), operation: 'R1', language: 'en' as const, set }
  return signedFile('custody.json', formOf({ kind: 'custody', at: day(4), ...given }), signers, day(4))
}

describe('the word of a client that it keeps a medium', () => {
  it('is recorded as its own, whoever else has signed it', async () => {
    const { body, type } = await take('custody', await custody(['host', 'client-1']), day(5))
    const { fingerprint } = (await people())['client-1']
    expect([type, body]).toMatchObject([
      'custody',
      { copy: 'medium/WX-1', holder: 'CHU Exemple', word: 'holder', wordOf: fingerprint },
    ])
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('is nobody else’s: not the host’s, and not of what was not handed over', async () => {
    const refused = async (file: string): Promise<string> =>
      (await errorOf(async () => take('custody', file, day(5)))).code
    expect(await refused(await custody(['host']))).toBe('signature-invalid')
    expect(await refused(await custody([]))).toBe('signature-invalid')
    expect(await refused(await custody(['client-1'], { copy: 'nightly' }))).toBe('usage')
    expect(await refused(await custody(['client-1'], { copy: 'medium/WX-2' }))).toBe('usage')
  })

  it('counts only as it was signed', async () => {
    const files = ['ledger.jsonl', 'ledger.head'].map((name) => join(c.dir, name))
    const before = await Promise.all(files.map((file) => readFile(file)))
    const { body } = await take('custody', await custody(['client-1']), day(5))
    const keys = await people()
    for (const [change, why] of [
      [{ copy: 'medium/WX-2' }, 'its copy is not what'],
      [{ wordOf: keys['client-2'].fingerprint }, 'whose word it is'],
      [{ signers: [keys.operator.fingerprint] }, 'bears no good signature by'],
    ] as const) {
      await Promise.all(files.map((file, i) => writeFile(file, before[i] ?? '')))
      c.dossier = await openDossier(c.dir)
      const at = { operation: 'R1', key: keys.operator, at: day(6) }
      const forged = { ...body, ...change }
      await c.dossier.ledger.append({ type: 'custody', body: forged, ...at })
      expect((await errorOf(() => openDossier(c.dir))).message).toContain(why)
    }
  })
})
