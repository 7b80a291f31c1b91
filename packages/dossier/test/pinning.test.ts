import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openDossier, pinContract } from '../src/index.ts'
import {
  contractText,
  day,
  errorOf,
  type Name,
  namingKeys,
  newDossier,
  people,
  removeFolders,
  sign,
  t0,
} from './support.ts'

afterAll(removeFolders)

let dir: string
const file = (): string => join(dir, 'contract.yaml')

beforeEach(async () => {
  dir = await newDossier()
})

async function pin(signers: readonly Name[], at = t0): ReturnType<typeof pinContract> {
  await sign(file(), await readFile(file()), signers, at)
  return pinContract({ dir, key: (await people()).operator, at })
}

async function unsign(): Promise<void> {
  for (const name of await readdir(dir)) if (name.endsWith('.asc')) await rm(join(dir, name))
}

describe('pinContract', () => {
  it('puts a contract in force that both parties signed', async () => {
    expect((await openDossier(dir)).pinned).toBe(false)
    const event = await pin(['host', 'client-2'])
    const { host, 'client-2': client } = await people()
    expect([event.sequence, event.type, event.operation]).toEqual([1, 'contract-pinned', 'dossier'])
    expect(new Set(event.body['signers'] as string[])).toEqual(
      new Set([host.fingerprint, client.fingerprint]),
    )
    const dossier = await openDossier(dir)
    expect([dossier.pinned, dossier.terms.sha256]).toEqual([true, event.body['sha256']])
  })

  it('takes a person of the host for the host', async () => {
    await expect(pin(['authoriser-1', 'client-1'])).resolves.toBeDefined()
  })

  it.each<[string, readonly Name[], string]>([
    ['the client', ['host'], 'no good signature of the client'],
    ['the host', ['client-1', 'client-2'], 'no good signature of the host'],
    ['anyone in it', ['stranger'], 'no good signature of the host and the client'],
  ])('refuses a contract without the signature of %s', async (_, signers, message) => {
    const error = await errorOf(() => pin(signers))
    expect([error.code, error.exit]).toEqual(['signature-invalid', 3])
    expect(error.message).toContain(message)
    expect((await openDossier(dir)).ledger.events()).toEqual([])
  })

  it('refuses signatures over other bytes', async () => {
    await sign(file(), await readFile(file()), ['host', 'client-1'], t0)
    await appendFile(file(), '# one more line\n')
    const error = await errorOf(async () => pinContract({ dir, key: (await people()).operator, at: t0 }))
    expect(error.code).toBe('signature-invalid')
  })

  it('refuses the same contract twice', async () => {
    await pin(['host', 'client-1'])
    expect((await errorOf(() => pin(['host', 'client-1']))).code).toBe('usage')
  })
})

describe('a pinned contract', () => {
  beforeEach(async () => {
    await pin(['host', 'client-1'])
  })

  it.each([
    ['changed', async () => appendFile(file(), '# changed\n')],
    ['broken', async () => writeFile(file(), '[')],
    ['gone', async () => rm(file())],
  ])('refuses every command once contract.yaml is %s', async (_, change) => {
    await change()
    const error = await errorOf(() => openDossier(dir))
    expect([error.code, error.exit, error.details['guard']]).toEqual(['guard-refused', 6, 'contract-pinned'])
    expect(error.hint).toContain('documents/contract-')
  })

  it('is read with the keys that were pinned, whatever lies in keys/ now', async () => {
    const keys = await people()
    await writeFile(join(dir, 'keys/client-1.asc'), keys.stranger.publicKey.armored)
    const { terms } = await openDossier(dir)
    expect(terms.keys.clients[0]?.fingerprint).toBe(keys['client-1'].fingerprint)
  })

  it.each([
    ['contract', /^contract-.*\.yaml$/],
    ['key', /^key-/],
  ])('notices a changed copy of the %s', async (_, pattern) => {
    const name = (await readdir(join(dir, 'documents'))).find((one) => pattern.test(one)) ?? ''
    await appendFile(join(dir, 'documents', name), '\n')
    expect((await errorOf(() => openDossier(dir))).code).toBe('invalid')
    await rm(join(dir, 'documents', name))
    expect((await errorOf(() => openDossier(dir))).message).toMatch(/missing/)
  })

  it('notices that the signatures under it are gone', async () => {
    for (const name of await readdir(join(dir, 'documents'))) {
      if (name.startsWith('contract-') && name.endsWith('.asc')) await rm(join(dir, 'documents', name))
    }
    expect((await errorOf(() => openDossier(dir))).code).toBe('signature-invalid')
  })

  it('is amended by both parties', async () => {
    await unsign()
    await writeFile(file(), await namingKeys(contractText.replace('retrieval: P10D', 'retrieval: P20D')))
    const event = await pin(['host', 'client-2'], day(1))
    expect(event.type).toBe('contract-amended')
    expect((await openDossier(dir)).terms.contract.deadlines.retrieval).toBe('P20D')
  })

  it('does not come back, once amended, on the signatures of then: neither side could keep to what both gave up', async () => {
    const first = await readFile(file())
    const signatures = (await readdir(dir)).filter((name) => /^contract\.yaml\./.test(name))
    const then = await Promise.all(
      signatures.map(async (name) => [name, await readFile(join(dir, name))] as const),
    )
    const pinned = (await openDossier(dir)).ledger.events()[0]?.body ?? {}
    await unsign()
    await writeFile(file(), await namingKeys(contractText.replace('retrieval: P10D', 'retrieval: P90D')))
    // At the same moment, as far as anybody can tell.
    await pin(['host', 'client-1'], t0)
    const amended = await readFile(file())

    await unsign()
    await writeFile(file(), first)
    for (const [name, bytes] of then) await writeFile(join(dir, name), bytes)
    const key = (await people()).operator
    const error = await errorOf(() => pinContract({ dir, key, at: day(2) }))
    expect([error.code, error.exit]).toEqual(['contract-invalid', 2])
    expect(error.message).toContain('was in force before')

    await writeFile(file(), amended)
    const { ledger } = await openDossier(dir)
    await ledger.append({ type: 'contract-amended', operation: 'dossier', body: pinned, key, at: day(3) })
    await writeFile(file(), first)
    expect((await errorOf(() => openDossier(dir))).message).toContain('was in force before')
  })

  it('does not give way to a draft that the client had signed before it', async () => {
    const draft = await namingKeys(contractText.replace('retrieval: P10D', 'retrieval: P1D'))
    await unsign()
    await writeFile(file(), await namingKeys(contractText.replace('retrieval: P10D', 'retrieval: P90D')))
    await pin(['host', 'client-1'], day(2))
    await unsign()
    await writeFile(file(), draft)
    await sign(file(), Buffer.from(draft), ['client-1'], day(1))
    await sign(file(), Buffer.from(draft), ['host'], day(3))
    const error = await errorOf(async () => pinContract({ dir, key: (await people()).operator, at: day(3) }))
    expect([error.code, error.hint]).toEqual(['contract-invalid', 'have the client sign it anew'])
  })

  it('is not amended by keys that the amendment itself brings in', async () => {
    await unsign()
    const text = contractText.replace('keys/client-1.asc, keys/client-2.asc', 'keys/stranger.asc')
    await writeFile(file(), await namingKeys(text))
    const error = await errorOf(() => pin(['host', 'stranger'], day(1)))
    expect([error.code, error.message]).toEqual([
      'signature-invalid',
      'contract.yaml: no good signature of the client',
    ])
  })
})
