import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asPosix, tarWith, zstd } from '../../packages/archive/test/hostile.ts'
import { encryptStream, newSessionKey } from '../../packages/seal/src/index.ts'
import { type Gpg, startGpg } from '../../packages/seal/test/gpg.ts'
import { type Case, openCase } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { type Forgery, forge, type Reader, readers, target, threadless } from '../support/forgery.ts'
import { haveShared, sharedData } from '../support/shared-data.ts'
import { treeDigest } from '../support/tree-digest.ts'

/*
 * Packages in which nothing is wrong outside: an operator who may sign has signed them. What lies in their volumes is
 * for the readers to refuse.
 */

let c: Case
let gpg: Gpg
let made = 0
beforeAll(async () => {
  c = await openCase({ sources: async () => [] })
  gpg = startGpg()
  gpg.must(['--import'], c.cast.key('client-1').publicKey.armored)
})
afterAll(async () => {
  gpg[Symbol.dispose]()
  await c[Symbol.asyncDispose]()
})

async function sealed(compressed: Uint8Array): Promise<Uint8Array> {
  const recipients = [c.cast.key('client-1').publicKey]
  const stream = encryptStream(once(compressed), recipients, newSessionKey())
  return Buffer.concat(await Array.fromAsync(stream, (chunk) => Buffer.from(chunk)))
}

async function* once<T>(thing: T): AsyncIterable<T> {
  yield thing
}

/** What readers may say of such a volume: the finding of `verify`, the error of the others. */
interface Refusal {
  readonly found: readonly string[]
  readonly thrown: readonly string[]
}

const hostile: Refusal = { found: ['hostile-content'], thrown: ['hostile-input'] }
const unreadable: Refusal = {
  found: ['hostile-content', 'volume-undecryptable'],
  thrown: ['hostile-input', 'invalid'],
}
const unopened: Refusal = { ...unreadable, thrown: [...unreadable.thrown, 'key-wrong'] }

async function forged(forgery: Forgery): Promise<string> {
  const folder = join(c.root, 'forged', String(++made))
  await forge(c, folder, forgery)
  return folder
}

/** Every command that reads volumes refuses the package, and nothing comes to be anywhere. */
async function expectRefused(forgery: Forgery, refusal: Refusal): Promise<void> {
  const folder = await forged(forgery)
  const to = await target(c, String(made))
  const { verify, list, ...others } = readers(c, folder, to.path, forgery)
  await expectRefusals(folder, verify, Object.values(others), refusal)
  expect(await list()).toEqual({ exit: 0, codes: [] })
  expect(await to.names()).toEqual([])
}

/** {@link expectRefused} without the commands around: for a great many volumes. */
async function expectRefusedQuickly(forgery: Forgery, refusal: Refusal): Promise<void> {
  const folder = await forged(forgery)
  const to = await target(c, String(made))
  const { verify, extract } = threadless(c, folder, to.path)
  await expectRefusals(folder, verify, [extract], refusal)
  expect(await to.names()).toEqual([])
}

async function expectRefusals(
  folder: string,
  verify: Reader,
  others: readonly Reader[],
  { found, thrown }: Refusal,
): Promise<void> {
  const before = await treeDigest(folder)
  const verified = await verify()
  expect(verified.exit).toBe(3)
  expect(found).toContain(verified.codes[0])
  for (const reader of others) {
    const { codes, exit } = await reader()
    expect(thrown).toContain(codes[0])
    expect(exit).toBe(codes[0] === 'key-wrong' ? 4 : 3)
  }
  expect(await treeDigest(folder)).toBe(before)
}

it('a package of the same making that hides nothing is read by all', async () => {
  const tar = await tarWith({ name: 's/data/moo', body: 'moo\n' })
  const folder = await forged({ volume: await sealed(zstd(tar)) })
  const to = await target(c, 'sound')
  const read = readers(c, folder, to.path)
  // Only the bag's own files are missing.
  expect(await read.verify()).toEqual({ exit: 3, codes: ['bag-invalid'] })
  expect(await read.list()).toEqual({ exit: 0, codes: [] })
  expect(await read.extract()).toEqual({ exit: 0, codes: [] })
  expect(await read.restore()).toEqual({ exit: 0, codes: [] })
  expect(readFileSync(join(to.path, 'extracted/s/data/moo'), 'utf8')).toBe('moo\n')
  expect(readFileSync(join(to.path, 'restored/moo'), 'utf8')).toBe('moo\n')
})

describe('tars that no honest writer makes', () => {
  const sparse = (realsize: string): Record<string, string> => ({
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.name': 's/data/moo',
    'GNU.sparse.realsize': realsize,
  })
  const map = (text: string): string => text.padEnd(512, '\0')
  it.each<[string, ...Parameters<typeof tarWith>]>([
    [
      'a symbolic link, then a file through it',
      { name: 's/data', type: 'symlink', linkname: '/tmp' },
      { name: 's/data/moo', body: 'moo\n' },
    ],
    ['a hard link to a file outside', { name: 's/data/moo', type: 'link', linkname: '/etc/passwd' }],
    ['a hard link upwards', { name: 's/data/moo', type: 'link', linkname: 's/../../../etc/passwd' }],
    [
      'a hard link to what comes later',
      { name: 's/data/moo', type: 'link', linkname: 's/data/a' },
      { name: 's/data/a', body: 'moo\n' },
    ],
    ['a hard link to itself', { name: 's/data/moo', type: 'link', linkname: 's/data/moo' }],
    ['a device', { name: 's/data/moo', type: 'block-device', devmajor: 8, devminor: 0 }],
    [
      'a sparse file beyond its record',
      { name: 's/data/moo', body: map('1\n9007199254740991\n0\n'), pax: sparse('9007199254740991') },
    ],
    [
      'a sparse file whose stretches overlap',
      {
        name: 's/data/moo',
        body: `${map('3\n0\n512\n256\n512\n4096\n0\n')}${'x'.repeat(1024)}`,
        pax: sparse('4096'),
      },
    ],
    [
      'a sparse file with a name of its own that leads out',
      { name: 's/data/moo', body: map('1\n4\n0\n'), pax: { ...sparse('4'), 'GNU.sparse.name': '../moo' } },
    ],
    [
      'an attribute that is none of ours',
      { name: 's/data/moo', body: 'moo\n', pax: { 'SCHILY.fflags': 'schg' } },
    ],
  ])('%s', async (_what, ...entries) => {
    const record = { entries: entries.length, plaintextBytes: 2 ** 20 }
    await expectRefused({ volume: await sealed(zstd(await tarWith(...entries))), record }, unreadable)
  })
})

describe.skipIf(!haveShared('traversal-archives'))('archives that lead out of their folder', () => {
  const folder = join(sharedData, 'traversal-archives')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tar')) : []

  it.each(names)('%s', async (name) => {
    rmSync(join(tmpdir(), 'moo'), { force: true })
    const tar = readFileSync(join(folder, name))
    for (const source of ['tmp', 's', 'par']) {
      for (const form of [tar, asPosix(tar)]) {
        const record = { source, entries: 3, plaintextBytes: 10_240 }
        await expectRefused({ volume: await sealed(zstd(form)), record }, hostile)
      }
    }
    expect(existsSync(join(tmpdir(), 'moo'))).toBe(false)
  })

  it('and so says the program', async () => {
    const tar = asPosix(readFileSync(join(folder, 'relative2.tar')))
    const at = await forged({
      volume: await sealed(zstd(tar)),
      record: { entries: 3, plaintextBytes: 10_240 },
    })
    const signer = c.keyFile('operator').replace(/key$/, 'asc')
    const opening = ['--signer', signer, '--key', c.keyFile('client-1'), '--json']
    const verified = await restitute(['verify', at, ...opening])
    expect(verified.exit).toBe(3)
    expect(verified.json()).toMatchObject({ verdict: 'invalid', findings: [{ code: 'hostile-content' }] })
    const extracted = await restitute(['extract', at, '--to', join(c.root, 'program'), ...opening])
    expect(extracted.exit).toBe(3)
    expect(extracted.json()).toMatchObject({ error: { code: 'hostile-input' } })
    expect(existsSync(join(c.root, 'program'))).toBe(false)
  })
})

describe.skipIf(!haveShared('tar-go'))('tars of every other kind', () => {
  const folder = join(sharedData, 'tar-go')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.tar')) : []

  it('are refused, each with a code', async () => {
    expect(names.length).toBeGreaterThan(40)
    for (const name of names) {
      const tar = readFileSync(join(folder, name))
      const record = { source: 'longname', entries: 20, plaintextBytes: 2 ** 24 }
      await expectRefusedQuickly({ volume: await sealed(zstd(tar)), record }, unreadable)
    }
  })
})

describe('messages to the right key that no honest writer makes', () => {
  const tar = async (): Promise<Buffer> => zstd(await tarWith({ name: 's/data/moo', body: 'moo\n' }))
  const encrypt = (input: Uint8Array, ...options: string[]): Buffer =>
    gpg.must([...options, '--recipient', c.cast.key('client-1').fingerprint, '--encrypt'], input)

  it('a message made by gpg in the form of ours is read', async () => {
    const folder = await forged({ volume: encrypt(await tar(), '-z', '0') })
    const read = readers(c, folder, (await target(c, 'gpg')).path)
    expect(await read.extract()).toEqual({ exit: 0, codes: [] })
  })

  it('compressed, armored, cut, doubled, followed by more', async () => {
    const good = encrypt(await tar(), '-z', '0')
    const faulty = [
      encrypt(await tar(), '-z', '9', '--compress-algo', 'zlib'),
      encrypt(await tar(), '-z', '0', '--armor'),
      good.subarray(0, -1),
      good.subarray(0, -22),
      good.subarray(0, good.length >> 1),
      Buffer.concat([good, good]),
      Buffer.concat([good, Buffer.from('more')]),
      await tar(),
      Buffer.alloc(0),
      Buffer.alloc(100_000, 0xff),
    ]
    for (const volume of faulty) await expectRefusedQuickly({ volume }, unopened)
  })

  it.skipIf(!haveShared('openpgp'))('a compressed packet that holds itself', async () => {
    const quine = readFileSync(join(sharedData, 'openpgp/test_messages/message.zlib-quine'))
    await expectRefused({ volume: quine }, unopened)
    await expectRefused({ volume: encrypt(quine, '--no-literal', '-z', '0') }, unreadable)
  })
})

describe.skipIf(!haveShared('openpgp'))('the messages of an OpenPGP test suite', () => {
  const folder = join(sharedData, 'openpgp/test_messages')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('message')) : []

  it('signed, clear, malformed, cut, unprotected, to others: none is a volume', async () => {
    expect(names.length).toBeGreaterThan(80)
    for (const name of names) {
      await expectRefusedQuickly({ volume: readFileSync(join(folder, name)) }, unopened)
    }
  })
})
