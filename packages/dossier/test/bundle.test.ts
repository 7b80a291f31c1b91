import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackBundle } from '@restitute/verify'
import { afterAll, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { bundleFiles, openDossier, pinContract, writeBundle } from '../src/index.ts'
import { day, errorOf, newDossier, newFolder, people, removeFolders, sign, t0 } from './support.ts'

afterAll(removeFolders)

/** A ZIP of these files, its bytes changed before it is written. */
async function zipOf(
  files: Readonly<Record<string, string | Buffer>>,
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
  mode = 0o100644,
): Promise<string> {
  const zip = new ZipFile()
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name, { mode })
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk))
  const path = join(await newFolder(), 'hostile.zip')
  await writeFile(path, change(Buffer.concat(chunks)))
  return path
}

/** Every occurrence in the raw bytes: yazl itself would refuse such names. */
const renamed =
  (from: string, to: string) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')

async function refusal(path: string): Promise<{ code: string; left: readonly string[] }> {
  const outside = await newFolder()
  const inside = join(outside, 'inside')
  await mkdir(inside)
  const { code } = await errorOf(() => unpackBundle(path, inside))
  return { code, left: (await readdir(outside)).filter((name) => name !== 'inside') }
}

describe('a bundle that no honest writer makes', () => {
  const hostile: readonly [string, () => Promise<string>][] = [
    ['climbs out', () => zipOf({ 'documents/x.json': '1' }, renamed('documents/x.json', '../../..//x.json'))],
    ['is absolute', () => zipOf({ 'documents/x': '1' }, renamed('documents/x', '/tmp/docs/x'))],
    ['climbs out by backslashes', () => zipOf({ 'keys/aaaa': '1' }, renamed('keys/aaaa', '..\\..\\aaa'))],
    ['has a name that no bundle has', () => zipOf({ 'run.sh': 'rm -rf' })],
    ['hides a file', () => zipOf({ 'documents/.profile': '1' })],
    ['holds a file twice', () => zipOf({ 'keys/a': '1', 'keys/b': '2' }, renamed('keys/b', 'keys/a'))],
    ['holds a symbolic link', () => zipOf({ 'documents/x': '/etc/passwd' }, undefined, 0o120777)],
    ['holds folders in folders', () => zipOf({ 'documents/a/b': '1' })],
    ['has too many files', () => zipOf({ 'keys/a': '1' }, counted(20_001))],
  ]
  it.each(hostile)('is refused: it %s', async (_what, make) => {
    const { code, left } = await refusal(await make())
    expect(['hostile-input', 'invalid']).toContain(code)
    expect(left).toEqual([])
  })

  it('is refused when a file inflates to more than it claims', async () => {
    const claimed = 100_000
    const path = await zipOf({ 'ledger.jsonl': Buffer.alloc(claimed * 10) }, (bytes) => {
      const size = Buffer.alloc(4)
      size.writeUInt32LE(claimed * 10)
      const smaller = Buffer.alloc(4)
      smaller.writeUInt32LE(claimed)
      return renamed(size.toString('latin1'), smaller.toString('latin1'))(bytes)
    })
    expect((await refusal(path)).code).toBe('invalid')
  })

  it('is refused when it is cut short, or no ZIP at all', async () => {
    const cut = await zipOf({ 'ledger.jsonl': '{}' }, (bytes) => bytes.subarray(0, -5))
    const other = join(await newFolder(), 'x.zip')
    await writeFile(other, 'not a zip')
    expect((await refusal(cut)).code).toBe('invalid')
    expect((await refusal(other)).code).toBe('invalid')
    expect((await refusal(join(other, 'nowhere'))).code).toBe('not-found')
  })
})

it('a bundle that somebody packed anew, folders and all, is unpacked like the first one', async () => {
  const zip = new ZipFile()
  for (const folder of ['documents', 'keys']) zip.addEmptyDirectory(folder)
  for (const name of ['ledger.jsonl', 'documents/x.json', 'keys/a.asc']) zip.addBuffer(Buffer.from('1'), name)
  zip.end()
  const [path, to] = [join(await newFolder(), 'anew.zip'), await newFolder()]
  await writeFile(path, zip.outputStream)
  expect(await unpackBundle(path, to)).toEqual(['ledger.jsonl', 'documents/x.json', 'keys/a.asc'])
  expect(await readFile(join(to, 'documents/x.json'), 'utf8')).toBe('1')
})

/** Says to hold so many files. */
function counted(files: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    for (const offset of [8, 10]) bytes.writeUInt16LE(files, bytes.length - 22 + offset)
    return bytes
  }
}

describe('the bundle of a dossier', () => {
  it('needs a contract in force', async () => {
    const dossier = await openDossier(await newDossier())
    expect((await errorOf(() => bundleFiles(dossier))).code).toBe('usage')
  })

  it('holds contract, keys, ledger and documents, is the same each time, and unpacks to the same bytes', async () => {
    const dir = await newDossier()
    const { operator } = await people()
    const contract = join(dir, 'contract.yaml')
    await sign(contract, await readFile(contract), ['host', 'client-1'], t0)
    await pinContract({ dir, key: operator, at: day(1) })
    await writeFile(join(dir, 'documents', 'page.html'), 'for people')
    const files = await bundleFiles(await openDossier(dir))
    const [one, two, to] = [join(dir, '1.zip'), join(dir, '2.zip'), await newFolder()]
    await writeBundle(files, one)
    await writeBundle(files, two)
    expect(Buffer.compare(await readFile(one), await readFile(two))).toBe(0)
    const names = await unpackBundle(one, to)
    expect(names).toEqual(files.map(({ name }) => name))
    expect(names).toContain(`contract.yaml.${(await people()).host.fingerprint}.asc`)
    expect(names.filter((name) => name.startsWith('keys/'))).toHaveLength(7)
    expect(names.some((name) => name.endsWith('.html'))).toBe(false)
    for (const { name, bytes } of files)
      expect(Buffer.compare(await readFile(join(to, name)), await bytes())).toBe(0)
    expect((await errorOf(() => writeBundle(files, one))).code).toBe('usage')
  })

  it('leaves out what a kill has left: a certificate that no event names, and half an event', async () => {
    const dir = await newDossier()
    const contract = join(dir, 'contract.yaml')
    await sign(contract, await readFile(contract), ['host', 'client-1'], t0)
    await pinContract({ dir, key: (await people()).operator, at: day(1) })
    const whole = await readFile(join(dir, 'ledger.jsonl'))
    for (const name of ['certificate-R1.json', 'certificate-R1.json.ab.asc', 'order-R1.json'])
      await writeFile(join(dir, 'documents', name), '{}')
    await appendFile(join(dir, 'ledger.jsonl'), '{"event":')
    const files = await bundleFiles(await openDossier(dir))
    expect(files.filter(({ name }) => /certificate|order/.test(name))).toEqual([])
    const ledger = await files.find(({ name }) => name === 'ledger.jsonl')?.bytes()
    expect(Buffer.from(ledger ?? []).equals(whole)).toBe(true)
  })
})
