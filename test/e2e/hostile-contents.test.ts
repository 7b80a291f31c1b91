import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarWith, zstd } from '../../packages/archive/test/hostile.ts'
import { sha256Hex } from '../../packages/manifest/src/index.ts'
import { encryptStream, newSessionKey } from '../../packages/seal/src/index.ts'
import { type Case, openCase } from '../support/case.ts'
import { type Forgery, forge, oneFile, readers, target } from '../support/forgery.ts'

/* Packages that somebody who may sign has signed, with indexes and scripts that are meant to do harm. */

let c: Case
let made = 0
beforeAll(async () => {
  c = await openCase({ sources: async () => [] })
})
afterAll(() => c[Symbol.asyncDispose]())

const volume = 'volumes/000001.tar.zst.pgp'

async function holding(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const tar = await tarWith(...Object.entries(files).map(([name, body]) => ({ name: `s/${name}`, body })))
  const stream = encryptStream(once(zstd(tar)), [c.cast.key('client-1').publicKey], newSessionKey())
  return Buffer.concat(await Array.fromAsync(stream, (chunk) => Buffer.from(chunk)))
}

async function* once<T>(thing: T): AsyncIterable<T> {
  yield thing
}

async function opened(forgery: Forgery) {
  const folder = join(c.root, 'forged', String(++made))
  await forge(c, folder, forgery)
  const to = await target(c, String(made))
  return { to, read: readers(c, folder, to.path, forgery) }
}

const [item, entry] = oneFile

describe('indexes that no honest writer makes', () => {
  it.each<[string, readonly unknown[]]>([
    ['an entry that leads out', [item, { ...entry, entry: '../moo' }]],
    ['an absolute entry', [item, { ...entry, entry: '/tmp/moo' }]],
    ['an entry with an empty name', [item, { ...entry, entry: 'data//moo' }]],
    ['an entry with a backslash', [item, { ...entry, entry: 'data\\moo' }]],
    ['a volume that leads out', [item, { ...entry, volume: '../../moo' }]],
    ['a negative size', [item, { ...entry, size: -1 }]],
    ['a size beyond all numbers', [item, { ...entry, size: 2 ** 60 }]],
    ['a digest that is none', [item, { ...entry, sha256: 'x' }]],
    ['an unknown type', [item, { ...entry, type: 'symlink' }]],
    ['an unknown member', [item, { ...entry, owner: 'root' }]],
    ['an unknown state', [{ ...item, state: 'fine' }, entry]],
    ['a line that is a list', [item, [entry]]],
    ['a line that is nothing', [item, null]],
    ['a link without its file', [item, { ...entry, type: 'link' }]],
  ])('%s', async (_what, lines) => {
    const { read, to } = await opened({ volume: await holding({ 'data/moo': 'moo\n' }), lines })
    const verified = await read.verify()
    expect(verified.exit).toBe(3)
    expect(['index-differs', 'entry-missing', 'entry-differs']).toContain(verified.codes[0])
    for (const reader of ['list', 'restore'] as const) {
      const { exit, codes } = await read[reader]()
      expect(exit, reader).toBe(3)
      expect(['document-invalid', 'invalid', 'hostile-input'], reader).toContain(codes[0])
    }
    expect((await to.names()).filter((name) => name.includes('moo'))).toEqual([])
  })

  it.each<[string, readonly unknown[]]>([
    [
      'an item that leads out',
      [
        { ...item, item: '../moo' },
        { ...entry, item: '../moo' },
      ],
    ],
    [
      'an absolute item',
      [
        { ...item, item: '/tmp/moo' },
        { ...entry, item: '/tmp/moo' },
      ],
    ],
    [
      'an item in two ways of writing',
      [
        { ...item, item: 'a/./moo' },
        { ...entry, item: 'a/./moo' },
      ],
    ],
    [
      'an item with a null in it',
      [
        { ...item, item: 'a\0moo' },
        { ...entry, item: 'a\0moo' },
      ],
    ],
    [
      'an escape of a slash',
      [
        { ...item, item: '%2E%2E%2Fmoo' },
        { ...entry, item: '..%25moo/../..' },
      ],
    ],
    [
      'a file through a symbolic link that came before',
      [
        { item: 'a', kind: 'symlink', state: 'exported', bytes: 0, mark: '1', attributes: { target: '..' } },
        { ...item, item: 'a/moo' },
        { ...entry, item: 'a/moo' },
      ],
    ],
    ['a file of another size', [{ ...item, bytes: 9 }, entry]],
    ['a file of another content', [item, { ...entry, sha256: sha256Hex('other') }]],
  ])('restoring %s writes nothing', async (_what, lines) => {
    const { read, to } = await opened({ volume: await holding({ 'data/moo': 'moo\n' }), lines })
    expect((await read.verify()).exit).toBe(3)
    const { codes } = await read.restore()
    expect(['hostile-input', 'restore-failed', 'invalid']).toContain(codes[0])
    expect(await to.names()).toEqual([])
  })
})

describe('scripts of a database that are meant to do harm', () => {
  const evil = (): string => join(c.root, 'evil.db')
  const scripts: readonly [string, () => string][] = [
    ['another file attached', () => `ATTACH '${evil()}' AS e; CREATE TABLE e.x(a);`],
    ['a copy elsewhere', () => `VACUUM INTO '${evil()}';`],
    ['an extension loaded', () => `SELECT load_extension('/tmp/moo.so');`],
    ['a file written', () => `SELECT writefile('${evil()}', 'x');`],
    ['a command of the shell', () => `.shell touch '${evil()}'\n`],
    ['a pragma of no script of ours', () => `PRAGMA temp_store_directory = '${c.root}';`],
    ['half a statement', () => `CREATE TABLE a(`],
    ['no SQL', () => `moo\n`],
  ]

  it.each(scripts)('%s is refused', async (_what, script) => {
    const sql = script()
    const sha256 = sha256Hex(sql)
    const path = 'data/native/1-definitions.sql'
    const bytes = Buffer.byteLength(sql)
    const lines = [
      { item: 'definitions', kind: 'definitions', state: 'exported', bytes, mark: sha256, digest: sha256 },
      { entry: path, item: 'definitions', type: 'file', size: bytes, sha256, volume },
    ]
    const record = { plaintextBytes: bytes }
    const forgery = { volume: await holding({ [path]: sql }), lines, kind: 'sqlite', record }
    const { read, to } = await opened(forgery)
    const { exit, codes } = await read.restore()
    expect(codes[0]).toMatch(/^(hostile-input|restore-failed|invalid)$/)
    expect(exit).not.toBe(0)
    expect(await to.names()).toEqual([])
    expect(() => new DatabaseSync(evil(), { readOnly: true })).toThrow(/unable to open/)
  })
})
