import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { signDetached } from '../../packages/seal/src/index.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { reading } from '../support/reading.ts'

/* Every person of a contract has a key that it names; what one may sign, another of the same side may not. */

/** A person of the client, to whom the contract gives a role that is the host's. */
function withClientsPerson(yaml: string): string {
  const [, fingerprint = ''] = /fingerprints: \["[0-9a-f]{40}", ("[0-9a-f]{40}")\]/.exec(yaml) ?? []
  const person = `{ id: theirs, name: theirs, party: client, key: keys/client-2.asc, fingerprint: ${fingerprint}, roles: [authoriser, verifier, operator] }`
  return yaml.replace('persons:\n', `persons:\n  - ${person}\n`)
}

let c: Case
let made = 0
beforeAll(async () => {
  c = await openCase({
    contract: withClientsPerson,
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
  })
  const confirm = await makeReady(c)
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  await certify(c.as('verifier'), {})
})
afterAll(() => c[Symbol.asyncDispose]())

/** The codes of what is wrong with a file of a folder, when these and nobody else have signed it. */
async function codesOf(source: string, file: string, by: readonly Member[]): Promise<readonly string[]> {
  const folder = join(c.slips, `signed-${++made}`)
  await cp(source, folder, { recursive: true })
  for (const name of await readdir(folder)) if (name.startsWith(`${file}.`)) await rm(join(folder, name))
  const path = join(folder, file)
  for (const member of by) {
    const key = c.cast.key(member)
    const { armored } = await signDetached(await readFile(path), key, c.clock.at)
    await writeFile(`${path}.${key.fingerprint}.asc`, armored)
  }
  const { codes } = await reading(verify(c.session, { path, signers: [], packages: [] }))
  return codes
}

/** One document alone in a folder. */
async function alone(name: string): Promise<string> {
  const folder = join(c.slips, `alone-${++made}`)
  await mkdir(folder)
  await cp(join(c.dossier, 'documents', name), join(folder, name))
  return folder
}

const everybody: readonly Member[] = [
  ...(['host', 'client-1', 'client-2', 'operator'] as const),
  ...(['authoriser-1', 'authoriser-2', 'verifier'] as const),
]

describe('of all who are named in a contract', () => {
  it.each<[string, string, readonly Member[]]>([
    ['a receipt', 'receipt-R1.json', ['client-1', 'client-2']],
    ['a certificate', 'certificate-R1.json', ['verifier']],
  ])('these alone may sign %s', async (_what, name, may) => {
    for (const member of everybody) {
      const expected = may.includes(member) ? [] : ['signer-unknown']
      expect(await codesOf(await alone(name), name, [member]), member).toEqual(expected)
    }
  })

  it('an order is signed by authorisers, and by nobody else beside one of them', async () => {
    for (const member of everybody.filter((one) => one !== 'authoriser-1')) {
      const expected = member === 'authoriser-2' ? [] : ['signer-unknown', 'quorum-missing']
      const codes = await codesOf(await alone('order-R1.json'), 'order-R1.json', ['authoriser-1', member])
      expect(codes, member).toEqual(expected)
    }
  })

  it('a package is signed by the host or its operator', async () => {
    for (const member of everybody) {
      const expected = member === 'host' || member === 'operator' ? [] : ['signer-unknown']
      expect(await codesOf(join(c.client, 'R1-0001'), 'manifest.json', [member]), member).toEqual(expected)
    }
  })
})
