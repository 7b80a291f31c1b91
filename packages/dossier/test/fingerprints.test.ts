import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  assertKeysNamed,
  initDossier,
  openDossier,
  pinContract,
  readContract,
  unnamedKeys,
} from '../src/index.ts'
import { contractText, errorOf, newDossier, newFolder, people, removeFolders, sign, t0 } from './support.ts'

afterAll(removeFolders)

let dir: string
const file = (): string => join(dir, 'contract.yaml')
const key = (name: string): string => join(dir, 'keys', `${name}.asc`)

beforeEach(async () => {
  dir = await newDossier()
})

describe('a contract that names its keys by fingerprint', () => {
  it('is complete in that', async () => {
    const terms = await readContract(dir)
    expect(unnamedKeys(terms)).toEqual([])
    expect(() => assertKeysNamed(terms)).not.toThrow()
  })

  it.each([
    ['of the host', 'host', '/parties/host/key'],
    ['of the client', 'client-2', '/parties/client/keys/1'],
    ['of a person', 'verifier', '/persons/3/key'],
  ] as const)('refuses the file of another key instead of that %s', async (_, name, pointer) => {
    const keys = await people()
    await copyFile(key('stranger'), key(name))
    const error = await errorOf(() => readContract(dir))
    expect([error.code, error.exit]).toEqual(['contract-invalid', 2])
    const expected = `${pointer}: the file holds another key: expected ${keys[name].fingerprint}, got ${keys.stranger.fingerprint}`
    expect(error.message).toContain(expected)
  })

  it('refuses key files that changed places', async () => {
    const [one, two] = await Promise.all([readFile(key('client-1')), readFile(key('client-2'))])
    await writeFile(key('client-1'), two)
    await writeFile(key('client-2'), one)
    const { details } = await errorOf(() => readContract(dir))
    expect((details['problems'] as string[]).map((line) => line.split(' ')[1])).toEqual([
      '/parties/client/keys/0:',
      '/parties/client/keys/1:',
    ])
  })

  it('refuses a list with one fingerprint too few', async () => {
    const { 'client-2': second } = await people()
    await writeFile(file(), (await readFile(file(), 'utf8')).replace(`, "${second.fingerprint}"`, ''))
    const { message } = await errorOf(() => readContract(dir))
    expect(message).toContain(
      '/parties/client/fingerprints: expected one for each of the 2 keys, in their order, got 1',
    )
  })

  it('refuses what is no fingerprint', async () => {
    const { host } = await people()
    await writeFile(file(), (await readFile(file(), 'utf8')).replace(host.fingerprint, 'ABCD 1234'))
    expect((await errorOf(() => readContract(dir))).message).toContain('/parties/host/fingerprint')
  })
})

describe('a contract that names keys by file alone', () => {
  beforeEach(() => writeFile(file(), contractText))

  it('can be read, and says what to write', async () => {
    const keys = await people()
    const terms = await readContract(dir)
    expect(unnamedKeys(terms)).toEqual([
      { pointer: '/parties/host', line: `fingerprint: "${keys.host.fingerprint}"` },
      {
        pointer: '/parties/client',
        line: `fingerprints: ["${keys['client-1'].fingerprint}", "${keys['client-2'].fingerprint}"]`,
      },
      ...(['operator', 'authoriser-1', 'authoriser-2', 'verifier'] as const).map((name, i) => ({
        pointer: `/persons/${i}`,
        line: `fingerprint: "${keys[name].fingerprint}"`,
      })),
    ])
  })

  it('is not put in force, whoever signed it', async () => {
    await sign(file(), await readFile(file()), ['host', 'client-1'], t0)
    const error = await errorOf(async () => pinContract({ dir, key: (await people()).operator, at: t0 }))
    expect([error.code, error.exit]).toEqual(['contract-invalid', 2])
    expect(error.message).toContain('/parties/host: write fingerprint: "')
    expect((await openDossier(dir)).pinned).toBe(false)
  })
})

describe('a new dossier', () => {
  it('gives the fingerprints of the client keys that it was made with', async () => {
    const { 'client-1': one, 'client-2': two } = await people()
    const to = join(await newFolder(), 'new')
    const clientKeys = [key('client-1'), key('client-2')]
    await initDossier({ dir: to, sources: [], clientKeys, language: 'fr' })
    const text = await readFile(join(to, 'contract.yaml'), 'utf8')
    expect(text).toContain(`    fingerprints: ["${one.fingerprint}", "${two.fingerprint}"]\n`)
  })
})
