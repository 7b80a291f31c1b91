import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PrivateKey, signDetached } from '@restitute/seal'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { reissued, revoked } from '../../seal/test/helpers.ts'
import { openDossier, pinContract } from '../src/index.ts'
import { beginIn, c, statement, take } from './record-support.ts'
import { day, errorOf, giveBriefKey, type Name, newDossier, people, removeFolders } from './support.ts'

/* Keys expire, and their holders give them a longer life: the same key, in a new file. */

afterAll(removeFolders)

const year = 365 * 86_400

/** Signs a waiver as its holder, in the place of whoever has signed it, and takes it in. */
async function waive(key: PrivateKey, at: Date): Promise<void> {
  const file = await statement({ kind: 'waiver', waives: ['notice'] }, [])
  const { armored } = await signDetached(await readFile(file), key, at)
  await writeFile(`${file}.${key.fingerprint}.asc`, armored)
  await take('waiver', file, at)
}

/** Lays the new file in the place of the old one and records the contract again, whose text is the same. */
async function renew(name: Name, key: PrivateKey, at: Date, by: PrivateKey): Promise<void> {
  await writeFile(join(c.dir, 'keys', `${name}.asc`), key.publicKey.armored)
  const event = await pinContract({ dir: c.dir, key: by, at })
  expect(event.type).toBe('contract-amended')
  c.dossier = await openDossier(c.dir)
}

let dir: string
beforeEach(async () => {
  dir = await newDossier()
})

describe('a key that was given a longer life', () => {
  it('signs under its new file, and what it had signed stays signed', async () => {
    const brief = await giveBriefKey(dir, 'client-2', 5)
    await beginIn(dir)
    await waive(brief, day(4))
    const longer = await reissued(brief, day(6), 2 * year)
    await expect(waive(longer, day(7))).rejects.toMatchObject({ code: 'signature-invalid' })
    await renew('client-2', longer, day(7), (await people()).operator)
    await waive(longer, day(8))
    const { ledger, contracts } = await openDossier(c.dir)
    expect(ledger.events().map(({ type }) => type)).toEqual([
      'contract-pinned',
      'waiver',
      'contract-amended',
      'waiver',
    ])
    expect(contracts).toHaveLength(2)
  })

  it('records its own new file, and acts on', async () => {
    const brief = await giveBriefKey(dir, 'operator', 5)
    await beginIn(dir, brief)
    const longer = await reissued(brief, day(6), 2 * year)
    await renew('operator', longer, day(7), longer)
    const event = { type: 'export-started', operation: 'R1', body: { package: 'R1-0001' } } as const
    await c.dossier.ledger.append({ ...event, key: longer, at: day(8) })
    expect((await openDossier(c.dir)).ledger.events()).toHaveLength(3)
  })
})

describe('a file by which what was signed so far would be void', () => {
  it('is not put in force: nobody could open the dossier any more', async () => {
    await beginIn(dir)
    const stolen = (await people())['client-2']
    await waive(stolen, day(4))
    await writeFile(join(dir, 'keys/client-2.asc'), await revoked(stolen, day(6)))
    const error = await errorOf(async () => pinContract({ dir, key: (await people()).operator, at: day(7) }))
    expect([error.code, error.exit]).toEqual(['contract-invalid', 2])
    expect(error.message).toContain('event 2 (waiver)')
    expect(error.hint).toContain('makes way for another key')
    expect((await openDossier(dir)).ledger.events()).toHaveLength(2)
  })
})
