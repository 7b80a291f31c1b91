import {
  appendFile,
  copyFile,
  cp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Receipt } from '../../packages/manifest/src/index.ts'
import { decryptStream, encryptStream, newSessionKey, signDetached } from '../../packages/seal/src/index.ts'
import type { FindingCode } from '../../packages/verify/src/index.ts'
import { newPerson, signTooLate } from '../../packages/verify/test/support/keys.ts'
import { resign, streamed } from '../../packages/verify/test/support/package.ts'
import type { Case } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { openDelivery } from '../support/delivery.ts'

/** What is done to a copy of the second package; may name another key as the one that must have signed. */
type Damage = (folder: string) => Promise<void | { readonly signer: string }>

interface Row {
  readonly what: string
  readonly damage: Damage
  /** Exactly these findings, by both checks. */
  readonly found: readonly FindingCode[]
  /** Default: 3. */
  readonly exit?: number
  readonly options?: readonly string[]
}

const volume = 'volumes/000001.tar.zst.pgp'
const other = 'volumes/000002.tar.zst.pgp'
const index = 'index/documents-01.jsonl.zst.pgp'

let delivery: Case
let copies = 0
beforeAll(async () => {
  delivery = await openDelivery()
})
afterAll(() => delivery[Symbol.asyncDispose]())

const older = (): string => join(delivery.client, 'R1-0001')
const newer = (): string => join(delivery.client, 'R1-0002')
const publicKey = (member: 'operator'): string => delivery.keyFile(member).replace(/key$/, 'asc')

async function signatureIn(folder: string): Promise<string> {
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.asc'))
  return join(folder, name)
}

const flip =
  (name: string): Damage =>
  async (folder) => {
    const bytes = await readFile(join(folder, name))
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(join(folder, name), bytes)
  }

async function swap(folder: string, one: string, two: string): Promise<void> {
  await rename(join(folder, one), join(folder, 'held'))
  await rename(join(folder, two), join(folder, one))
  await rename(join(folder, 'held'), join(folder, two))
}

/** The same plaintext under a new session key, for the same recipients. */
async function encryptAgain(folder: string): Promise<void> {
  const opened = decryptStream(streamed([await readFile(join(folder, volume))]), {
    privateKeys: [delivery.cast.key('client-1')],
  })
  const recipients = (['client-1', 'client-2'] as const).map((member) => delivery.cast.key(member).publicKey)
  const sealed = encryptStream(opened, recipients, newSessionKey())
  const again = await Array.fromAsync(sealed, (chunk) => Buffer.from(chunk))
  await writeFile(join(folder, volume), Buffer.concat(again))
}

/** In place of the operator's, a signature by a key that was alive for thirty days, made on its second day. */
async function signByExpired(folder: string): Promise<{ signer: string }> {
  await rm(await signatureIn(folder))
  const brief = await newPerson('brief', 30 * 86_400)
  const manifest = join(folder, 'manifest.json')
  const { armored } = await signDetached(await readFile(manifest), brief, new Date('2024-01-02T00:00:00Z'))
  await writeFile(`${manifest}.${brief.fingerprint}.asc`, armored)
  return trusting(brief.publicKey.armored)
}

async function signWhenExpired(folder: string): Promise<{ signer: string }> {
  await rm(await signatureIn(folder))
  return trusting((await signTooLate(join(folder, 'manifest.json'))).armored)
}

async function trusting(armored: string): Promise<{ signer: string }> {
  const signer = join(delivery.root, `signer-${++copies}.asc`)
  await writeFile(signer, armored)
  return { signer }
}

/** One number of the manifest, signed by somebody else. */
async function changeNumber(folder: string): Promise<void> {
  await resign(folder, await newPerson('stranger'), (manifest) => ({
    ...manifest,
    readBack: { ...manifest.readBack, bytes: manifest.readBack.bytes + 1 },
  }))
}

async function replaceSignature(folder: string, text: string): Promise<void> {
  await writeFile(await signatureIn(folder), text)
}

const rows: readonly Row[] = [
  { what: 'nothing', damage: async () => {}, found: [], exit: 0 },
  { what: 'a bit of a volume flipped', damage: flip(volume), found: ['file-digest-differs'] },
  { what: 'a bit of an index flipped', damage: flip(index), found: ['file-digest-differs'] },
  {
    what: 'a volume cut',
    damage: async (f) => truncate(join(f, volume), (await readFile(join(f, volume))).length - 1),
    found: ['file-size-differs'],
  },
  {
    what: 'a volume made longer',
    damage: (f) => appendFile(join(f, volume), '\0'),
    found: ['file-size-differs'],
  },
  { what: 'a volume removed', damage: (f) => rm(join(f, volume)), found: ['file-missing'] },
  { what: 'an index removed', damage: (f) => rm(join(f, index)), found: ['file-missing'] },
  {
    what: 'a volume added',
    damage: (f) => copyFile(join(f, volume), join(f, 'volumes/000009.tar.zst.pgp')),
    found: ['file-unlisted'],
  },
  {
    what: 'two volumes swapped',
    damage: (f) => swap(f, volume, other),
    found: ['file-size-differs'],
  },
  {
    what: 'a volume of the older package replayed',
    damage: (f) => copyFile(join(older(), volume), join(f, volume)),
    found: ['file-size-differs'],
  },
  {
    what: 'the manifest of the older package replayed, with its signature',
    damage: async (f) => {
      await copyFile(join(older(), 'manifest.json'), join(f, 'manifest.json'))
      await copyFile(await signatureIn(older()), await signatureIn(f))
    },
    found: ['file-digest-differs', 'file-size-differs', 'sums-differ'],
  },
  {
    what: 'a base that is another package',
    damage: async () => {},
    found: ['base-missing'],
    options: ['--package', 'R1-0002'],
  },
  {
    what: 'the signature made by a stranger',
    damage: async (f) => {
      await rm(await signatureIn(f))
      await resign(f, await newPerson('stranger'), (manifest) => manifest)
    },
    found: ['signer-unknown'],
  },
  {
    what: "a stranger's signature beside the operator's",
    damage: async (f) => resign(f, await newPerson('stranger'), (manifest) => manifest),
    found: ['signature-extra'],
    exit: 0,
  },
  {
    what: 'a signature made after the end of its key',
    damage: signWhenExpired,
    found: ['signer-outside-life'],
  },
  {
    what: 'a signature whose key has expired since',
    damage: signByExpired,
    found: ['key-expired-since'],
    exit: 0,
  },
  { what: 'no signature', damage: async (f) => rm(await signatureIn(f)), found: ['signature-missing'] },
  { what: 'a signature file of no bytes', damage: (f) => replaceSignature(f, ''), found: ['signature-bad'] },
  {
    what: 'a signature file without a signature',
    damage: (f) => replaceSignature(f, '-----BEGIN PGP SIGNATURE-----\n\n\n-----END PGP SIGNATURE-----\n'),
    found: ['signature-bad'],
  },
  {
    what: 'a signature file with a packet that is no signature',
    damage: (f) =>
      replaceSignature(f, '-----BEGIN PGP SIGNATURE-----\n\nygNQR1A=\n-----END PGP SIGNATURE-----\n'),
    found: ['signature-bad'],
  },
  {
    what: 'a character of the signature changed',
    damage: async (f) => {
      const path = await signatureIn(f)
      const text = await readFile(path, 'latin1')
      await writeFile(
        path,
        text.replace(/(\n\n.{40})(.)/, (_, before: string, c: string) => before + (c === 'A' ? 'B' : 'A')),
      )
    },
    found: ['signature-bad'],
  },
  {
    what: 'a word added to the signature where it covers nothing',
    damage: async (f) => {
      const path = await signatureIn(f)
      await writeFile(path, (await readFile(path, 'latin1')).replace('\n\n', '\nComment: changed\n\n'))
    },
    found: ['signature-file-altered'],
    exit: 0,
  },
  { what: 'a volume encrypted again', damage: encryptAgain, found: ['file-digest-differs'] },
  {
    what: 'a file renamed',
    damage: (f) => rename(join(f, 'open.sh'), join(f, 'open.bash')),
    found: ['file-missing', 'file-unlisted'],
  },
  { what: 'the README edited', damage: flip('README.md'), found: ['file-digest-differs'] },
  { what: 'open.sh edited', damage: flip('open.sh'), found: ['file-digest-differs'] },
  { what: 'SHA256SUMS edited', damage: flip('SHA256SUMS'), found: ['sums-differ'] },
  {
    what: 'the manifest edited',
    damage: async (f) => {
      const path = join(f, 'manifest.json')
      await writeFile(path, (await readFile(path, 'utf8')).replace('"TEST-1"', '"TEST-2"'))
    },
    found: ['signature-bad'],
  },
  {
    what: 'one number of the manifest changed, signed again by a stranger',
    damage: async (f) => {
      await rm(await signatureIn(f))
      await changeNumber(f)
    },
    found: ['signer-unknown'],
  },
  {
    what: "the same, with the operator's signature left in its place",
    damage: changeNumber,
    found: ['signature-bad', 'signer-unknown'],
  },
  { what: 'the manifest removed', damage: (f) => rm(join(f, 'manifest.json')), found: ['manifest-missing'] },
]

describe('a package betrays what was done to it', () => {
  it.each(rows)('$what: $found', async ({ damage, found, exit = 3, options = [] }) => {
    const folder = join(delivery.root, `copy-${++copies}`, 'R1-0002')
    await cp(newer(), folder, { recursive: true })
    const { signer } = (await damage(folder)) ?? { signer: publicKey('operator') }
    const known = options.map((option) => (option.startsWith('-') ? option : join(delivery.client, option)))
    const args = ['verify', folder, '--json', '--signer', signer, ...known]
    const runs = [restitute(args), restitute([...args, '--key', delivery.keyFile('client-2')])]
    for (const run of await Promise.all(runs)) {
      const { findings = [], error } = run.json() as { findings?: { code: string }[]; error?: unknown }
      expect(error).toBeUndefined()
      expect([...new Set(findings.map(({ code }) => code))].sort()).toEqual([...found].sort())
      expect(run.exit).toBe(exit)
    }
  })

  it.each([
    { what: 'whose index is damaged', damage: flip(index), as: 'client-1' },
    { what: 'that the key of the client does not open', damage: async () => {}, as: 'verifier' },
  ] as const)('a package $what can be refused all the same, and only refused', async ({ damage, as }) => {
    const folder = join(delivery.root, `copy-${++copies}`, 'R1-0001')
    await cp(older(), folder, { recursive: true })
    await damage(folder)
    const out = join(delivery.root, `out-${copies}`)
    const args = ['acknowledge', folder, '--as', delivery.keyFile(as), '--signer', publicKey('operator')]
    const more = ['--out', out, '--json']
    expect((await restitute([...args, '--decision', 'accepted', ...more])).exit).toBeGreaterThan(2)
    const why = ['--reservation', 'it cannot be opened']
    const refusal = await restitute([...args, '--decision', 'refused', ...why, ...more])
    expect(refusal.exit, refusal.stdout).toBe(0)
    const receipt = JSON.parse(await readFile(join(out, 'receipt-R1.json'), 'utf8')) as Receipt
    expect(receipt).toMatchObject({ decision: 'refused', packages: [{ package: 'R1-0001', salts: {} }] })
    expect(receipt.sources).toMatchObject([
      { source: 'documents', integrity: 'failed', items: 5 },
      { source: 'records', integrity: 'failed' },
    ])
    const signer = delivery.keyFile(as).replace(/key$/, 'asc')
    const check = ['verify', join(out, 'receipt-R1.json'), '--signer', signer, '--package', folder, '--json']
    expect((await restitute(check)).json()).toMatchObject({ verdict: 'valid', findings: [] })
  })

  it('the name of a file writes over nothing that is printed', async () => {
    const folder = join(delivery.root, `copy-${++copies}`, 'R1-0001')
    await cp(older(), folder, { recursive: true })
    await writeFile(join(folder, '\u001b[2J\u001b[H\nVALID  package R1\u009b1A\u202egnp'), '')
    const run = await restitute(['verify', folder, '--signer', publicKey('operator')])
    expect(run.exit).toBe(3)
    // oxlint-disable-next-line no-control-regex -- they must not be there
    expect(run.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|^VALID/m)
    expect(run.stdout).toContain('error file-unlisted: [U+001B][2J')
  })

  it('extract, list and restore refuse what nobody trusted has signed', async () => {
    const folder = join(delivery.root, `copy-${++copies}`, 'R1-0001')
    await cp(older(), folder, { recursive: true })
    await flip('manifest.json')(folder)
    const opening = ['--json', '--signer', publicKey('operator'), '--key', delivery.keyFile('client-1')]
    const to = join(delivery.root, `to-${copies}`)
    const commands = [
      ['list', folder],
      ['extract', folder, '--to', to],
      ['restore', folder, '--source', 'documents', '--to', `files:${to}`],
    ]
    for (const command of commands) {
      expect((await restitute([...command, ...opening])).exit, command[0]).toBe(3)
    }
    await expect(readdir(to)).rejects.toThrow(/ENOENT/)
  })
})
