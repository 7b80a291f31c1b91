import { execFileSync } from 'node:child_process'
import { appendFile, link, mkdir, open, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extract } from '../../cli/src/commands/extract.ts'
import { bagProblems } from '../support/bagit.ts'
import { type Case, type CaseSource, exportPackage, openCase } from '../support/case.ts'
import { temporaryFolder } from '../support/export.ts'
import { haveShared, sharedData } from '../support/shared-data.ts'

describe.skipIf(!haveShared('bagit'))('the checker, on the conformance suite', () => {
  it('holds every valid bag valid, and every other one not', async () => {
    await using folder = await temporaryFolder()
    execFileSync('tar', ['-xzf', join(sharedData, 'bagit/bags.tar.gz'), '-C', folder.path])
    const judged = { valid: 0, invalid: 0 }
    for (const version of await readdir(folder.path)) {
      for (const kind of await readdir(join(folder.path, version))) {
        // Warnings depend on the reader's system, and on what the bag was unpacked with.
        if (kind === 'warning') continue
        for (const name of await readdir(join(folder.path, version, kind))) {
          const problems = await bagProblems(join(folder.path, version, kind, name))
          judged[kind === 'valid' ? 'valid' : 'invalid']++
          expect(problems.length > 0, `${version}/${kind}/${name}: ${problems.join()}`).toBe(kind !== 'valid')
        }
      }
    }
    expect(judged).toEqual({ valid: 27, invalid: 27 })
  })
})

/** Names that file systems allow and BagIt, Windows, macOS or a reader of tar may trip over. */
const awkward: readonly (string | Buffer)[] = [
  'plain.txt',
  'two words.txt',
  ' leading',
  'trailing ',
  'trailing.',
  '-rf',
  '~root',
  '.hidden',
  '100%.txt',
  '%41.txt',
  '%0A.txt',
  'line\nfeed',
  'carriage\rreturn',
  'tab\tbell\x07',
  'back\\slash',
  'C:colon',
  'quotes"\'`',
  'star*query?',
  'con',
  'NUL.txt',
  'case',
  'CASE',
  'Zoë'.normalize('NFC'),
  'Zoë'.normalize('NFD'),
  '😀 emoji',
  '\u202egnp.exe',
  'x'.repeat(255),
  'é'.repeat(127),
  Buffer.from([0x6c, 0x61, 0x74, 0x69, 0x6e, 0xe9]),
  Buffer.from([0xff, 0xfe, 0x25]),
  'bagit.txt',
  'manifest-sha256.txt',
]

async function sources(root: string): Promise<CaseSource[]> {
  const tree = join(root, 'tree')
  await mkdir(join(tree, 'empty'), { recursive: true })
  for (const [n, name] of awkward.entries()) {
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(name)]), `content ${n}\n`)
  }
  const deep = join(tree, ...Array.from({ length: 12 }, (_, n) => `${n}-${'deep'.repeat(20)}`))
  await mkdir(deep, { recursive: true })
  await writeFile(join(deep, 'bottom'), '')
  await link(join(tree, 'plain.txt'), join(tree, 'another name'))
  await symlink('plain.txt', join(tree, 'link'))
  await using sparse = await open(join(tree, 'sparse'), 'w')
  await sparse.write('data', 1_000_000)
  await sparse.truncate(3_000_000)
  using database = new DatabaseSync(join(root, 'record.db'))
  for (const name of ['plain', 'two words', 'a/b', '../up', 'con', 'Case', 'per%cent', 'line\nfeed', '😀']) {
    database.exec(`CREATE TABLE "${name}" (a); INSERT INTO "${name}" VALUES (1), (NULL)`)
  }
  return [
    { name: 'tree', url: `files:${tree}` },
    { name: 'record', url: `sqlite:${join(root, 'record.db')}`, more: 'quiesced: true' },
  ]
}

describe('the bags of a package with awkward names', () => {
  let c: Case
  const bag = (name: string): string => join(c.root, 'extracted', name)
  beforeAll(async () => {
    c = await openCase({ sources })
    await exportPackage(c)
    const extraction = {
      package: join(c.vault, 'R1-0001'),
      key: c.keyFile('client-1'),
      to: join(c.root, 'extracted'),
      sources: [],
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    }
    await extract({ ...c.session, dossierDir: c.client }, extraction)
  })
  afterAll(() => c[Symbol.asyncDispose]())

  it.each(['tree', 'record'])('%s is complete and valid', async (name) => {
    expect(await bagProblems(bag(name))).toEqual([])
  })

  it('hold every file, under names that no system trips over', async () => {
    const names = await readdir(bag('tree/data'))
    expect(names).toHaveLength(awkward.length + 4)
    for (const name of names) {
      expect(name).toMatch(/^[^\p{Cc}%\\:*?"<>|]+$/u)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
    }
    const folded = names.map((name) => name.normalize('NFC').toLowerCase())
    expect(new Set(folded).size).toBe(names.length)
  })

  it('are so no longer once a file is changed, added or taken away', async () => {
    await appendFile(join(bag('tree'), 'data/plain.txt'), 'x')
    await writeFile(join(bag('tree'), 'data/added'), 'x')
    await rm(join(bag('tree'), 'data/two words.txt'))
    const problems = (await bagProblems(bag('tree'))).join('\n')
    expect(problems).toContain('data/plain.txt differs from its sha256')
    expect(problems).toContain('data/added is not in the manifest')
    expect(problems).toContain('data/two words.txt is missing')
    expect(problems).toContain('Payload-Oxum')
  })
})
