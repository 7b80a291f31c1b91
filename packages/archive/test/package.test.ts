import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemCalls } from '@restitute/core'
import { verifyDetached } from '@restitute/seal'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { directoryDestination, extractPackage, openPackage, sealPackage } from '../src/index.ts'
import { bytesOf, expectCode, namesIn, newKey, temporaryFolder } from './helpers.ts'
import { newPerson, type Person, samplePackage, sampleSources } from './sample-package.ts'
import { contentAfterExtraction } from './special-files.ts'

let folder: string
let client: Person
let host: Person
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restitute-package-'))
  client = await newPerson('client')
  host = await newPerson('host')
  await samplePackage(join(folder, 'R1-0001'), client, host)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const signal = new AbortController().signal
const open = () => openPackage(directoryDestination(join(folder, 'R1-0001')))
const opener = () => ({ privateKeys: [client.key] })

describe('a sealed package', () => {
  it('names every file but manifest, signature and sums, by its bytes', async () => {
    const { destination, manifest } = await open()
    const records = [...manifest.volumes, ...manifest.indexes, ...manifest.files]
    const signature = `manifest.json.${host.key.fingerprint}.asc`
    const others = ['SHA256SUMS', 'manifest.json', signature]
    expect((await namesIn(destination)).sort()).toEqual([...records.map((r) => r.name), ...others].sort())
    for (const { name, bytes, sha256 } of records) {
      const content = await bytesOf(destination.read(name))
      expect({ name, bytes: content.length, sha256: sha256Of(content) }).toEqual({ name, bytes, sha256 })
    }
    expect(manifest.files.map((f) => f.name)).toEqual([
      `keys/${host.key.fingerprint}.asc`,
      'LISEZMOI.md',
      'README.md',
      'open.sh',
    ])
  })

  it('is signed over the bytes of its manifest', async () => {
    const { manifestBytes, signatures, sha256 } = await open()
    expect(sha256).toBe(sha256Of(manifestBytes))
    expect(signatures.map((s) => s.fingerprint)).toEqual([host.key.fingerprint])
    const verdicts = await verifyDetached(manifestBytes, signatures[0]?.bytes ?? new Uint8Array(), [
      host.key.publicKey,
    ])
    expect(verdicts.map((v) => v.state)).toEqual(['good'])
  })

  it('keeps of an interrupted sealing neither signature nor stamp, and holds the new ones', async () => {
    const { destination, manifest } = await open()
    const path = temporaryFolder()
    cpSync(destination.url.replace('directory:', ''), path, { recursive: true })
    for (const name of [`manifest.json.${'0'.repeat(40)}.asc`, `manifest.json.${'0'.repeat(40)}.asc.tsr`])
      writeFileSync(join(path, name), 'left behind')
    const copy = directoryDestination(path)
    const again = {
      destination: copy,
      manifest,
      signer: host.key,
      hostKeys: [],
      at: new Date(),
      language: 'en' as const,
    }
    const stamp = async (signature: Uint8Array) => createHash('sha256').update(signature).digest()
    expect(await sealPackage({ ...again, stamp })).toMatchObject({ stamped: true })
    const { signatures } = await openPackage(copy)
    expect(
      signatures.map(({ bytes, stamp: kept }) => [sha256Of(bytes), Buffer.from(kept ?? []).toString('hex')]),
    ).toEqual(signatures.map(({ bytes }) => [sha256Of(bytes), sha256Of(bytes)]))
    expect(signatures).toHaveLength(1)
    expect(await sealPackage({ ...again, stamp: async () => undefined })).toMatchObject({ stamped: false })
    expect((await namesIn(copy)).filter((name) => name.endsWith('.tsr'))).toEqual([])
  })

  it('keeps no key of whoever began to seal it, when another finishes it', async () => {
    const { destination, manifest } = await open()
    const path = temporaryFolder()
    cpSync(destination.url.replace('directory:', ''), path, { recursive: true })
    const copy = directoryDestination(path)
    const sealing = { destination: copy, manifest, hostKeys: [], at: new Date(), language: 'en' as const }
    const cut = { ...sealing, signer: client.key, stamp: () => Promise.reject(new Error('interrupted')) }
    await expect(sealPackage(cut)).rejects.toThrow('interrupted')
    const { manifest: sealed } = await sealPackage({ ...sealing, signer: host.key })
    const keys = [`keys/${host.key.fingerprint}.asc`]
    expect(sealed.files.map(({ name }) => name).filter((name) => name.startsWith('keys/'))).toEqual(keys)
    expect((await namesIn(copy)).filter((name) => name.startsWith('keys/'))).toEqual(keys)
  })

  it('explains itself with its own name and fingerprint, without empty places', async () => {
    const { destination } = await open()
    for (const name of ['README.md', 'LISEZMOI.md']) {
      const text = (await bytesOf(destination.read(name))).toString()
      expect(text).toContain('R1-0001')
      expect(text).toContain(`manifest.json.${host.key.fingerprint}.asc`)
      expect(text).not.toMatch(/\{\{|undefined/)
    }
  })

  it('says what its sums say', async () => {
    const { destination, manifest } = await open()
    const sums = (await bytesOf(destination.read('SHA256SUMS'))).toString().trimEnd().split('\n')
    expect(sums.sort()).toEqual(
      [...manifest.indexes, ...manifest.volumes].map((f) => `${f.sha256}  ${f.name}`).sort(),
    )
  })
})

describe('opening', () => {
  it('finds no package in an empty or absent folder', async () => {
    await expectCode(openPackage(directoryDestination(temporaryFolder())), 'not-found')
    await expectCode(openPackage(directoryDestination(join(temporaryFolder(), 'none'))), 'not-found')
  })

  it('tells an unfinished package', async () => {
    const path = temporaryFolder()
    mkdirSync(join(path, 'volumes'))
    writeFileSync(join(path, 'volumes/000001.tar.zst.pgp'), '')
    await expectCode(openPackage(directoryDestination(path)), 'package-unfinished')
  })

  it('refuses a manifest that is none', async () => {
    const path = temporaryFolder()
    writeFileSync(join(path, 'manifest.json'), '{"schema":"restitute/manifest/v1"}')
    await expectCode(openPackage(directoryDestination(path)), 'document-invalid')
  })
})

describe('extracting', () => {
  it('gives whole bags, with content, modes and times', async () => {
    const to = join(temporaryFolder(), 'to')
    const totals = await extractPackage({ package: await open(), opener: opener(), to, signal })
    let files = 0
    // Patients' data in clear: nobody else enters, whatever the modes below say.
    expect(statSync(to).mode & 0o777).toBe(0o700)
    for (const [source, { shards, directories }] of Object.entries(sampleSources)) {
      for (const entry of shards.flat()) {
        files++
        const path = join(to, source, entry.path)
        expect(
          readFileSync(path).equals(await contentAfterExtraction(entry, shards.flat())),
          entry.path,
        ).toBe(true)
        expect(statSync(path).mode & 0o777).toBe(entry.mode)
        expect(statSync(path, { bigint: true }).mtimeNs).toBe(entry.modified)
      }
      for (const { path, mode, modified } of directories) {
        const stat = statSync(join(to, source, path))
        expect([path, stat.mode & 0o777, stat.mtimeMs]).toEqual([path, mode, Number(modified) / 1e6])
      }
      const bag = join(to, source)
      execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'tagmanifest-sha256.txt'], { cwd: bag })
      if (shards.length > 0)
        execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'manifest-sha256.txt'], { cwd: bag })
    }
    expect(totals.files).toBe(files + 4 * Object.keys(sampleSources).length)
    expect(execFileSync('ls', ['-A', to], { encoding: 'utf8' }).trim().split('\n')).toEqual(
      Object.keys(sampleSources).sort(),
    )
  })

  it('gives a bag with its declaration, totals and both manifests (RFC 8493)', async () => {
    const to = join(temporaryFolder(), 'to')
    await extractPackage({ package: await open(), opener: opener(), to, signal, sources: ['records'] })
    const read = (name: string) => readFileSync(join(to, 'records', name), 'utf8')
    expect(read('bagit.txt')).toBe('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n')
    expect(read('bag-info.txt').split('\n')).toEqual([
      'Source-Organization: A host in two lines',
      'External-Identifier: R1-0001',
      'Bagging-Date: 2026-11-22',
      'Payload-Oxum: 300025.3',
      '',
    ])
    expect(read('manifest-sha256.txt')).toMatch(/^([0-9a-f]{64} {2}data\/\S+\n){3}$/)
    const tags = ['bagit.txt', 'bag-info.txt', 'manifest-sha256.txt', 'tree-000001.jsonl']
    expect(read('tagmanifest-sha256.txt')).toBe(tags.map((t) => `${sha256Of(read(t))}  ${t}\n`).join(''))
  })

  it('takes out what is asked alone, without opening volumes that do not hold it', async () => {
    const opened = await open()
    const reads: string[] = []
    const destination = {
      ...opened.destination,
      read: (name: string) => {
        reads.push(name)
        return opened.destination.read(name)
      },
    }
    const to = join(temporaryFolder(), 'to')
    const totals = await extractPackage({
      package: { ...opened, destination },
      opener: opener(),
      to,
      signal,
      glob: '**/*.csv',
    })
    expect(totals).toEqual({ files: 1, folders: 0, bytes: 17, notKept: [] })
    expect(execFileSync('find', [to, '-type', 'f', '-printf', '%P'], { encoding: 'utf8' })).toBe(
      'records/data/tables/patients/000001.csv',
    )
    expect(reads).not.toContain('volumes/000002.tar.zst.pgp')
  })

  it('takes out a folder that is empty when that alone is asked, and leaves nothing when nothing is called so', async () => {
    const o = { package: await open(), opener: opener(), to: join(temporaryFolder(), 'to'), signal }
    await expectCode(extractPackage({ ...o, glob: 'data/absent' }), 'not-found')
    expect(existsSync(o.to)).toBe(false)
    expect(await extractPackage({ ...o, glob: 'data/empty' })).toMatchObject({ files: 0, folders: 1 })
    expect(readdirSync(join(o.to, 'records/data'))).toEqual(['empty'])
    expect(statSync(join(o.to, 'records/data/empty')).mode & 0o777).toBe(0o750)
  })

  it('shows nothing of the bags before all is there: who is killed leaves no half of them', async () => {
    const opened = await open()
    const to = join(temporaryFolder(), 'to')
    const seen = new Set<string>()
    const destination = {
      ...opened.destination,
      read: (name: string) => {
        for (const found of existsSync(to) ? readdirSync(to) : []) seen.add(found)
        return opened.destination.read(name)
      },
    }
    await extractPackage({ package: { ...opened, destination }, opener: opener(), to, signal })
    expect([...seen]).toEqual([expect.stringMatching(/^\.tmp-/)])
    expect(readdirSync(to).sort()).toEqual(['documents', 'nothing', 'records'])
  })

  it.runIf(systemCalls())(
    'shows the bags when they are on stable storage, and none that are not',
    async () => {
      const to = join(temporaryFolder(), 'to')
      const flush = vi.spyOn(systemCalls()!, 'syncFileSystem').mockImplementationOnce(() => {
        expect(readdirSync(to)).toEqual([expect.stringMatching(/^\.tmp-/)])
        throw Object.assign(new Error('syncfs: EIO'), { code: 'EIO' })
      })
      const o = { package: await open(), opener: opener(), to, signal }
      await expectCode(extractPackage(o), 'restore-failed')
      expect(existsSync(to)).toBe(false)
      await extractPackage(o)
      expect(flush).toHaveBeenCalledTimes(2)
      flush.mockRestore()
    },
  )

  it('calls nothing hostile because a file lies where the folder is to be, or above it', async () => {
    const mine = join(temporaryFolder(), 'mine')
    writeFileSync(mine, 'mine')
    for (const to of [mine, join(mine, 'below')])
      await expectCode(
        extractPackage({ package: await open(), opener: opener(), to, signal }),
        'target-not-empty',
      )
    expect(readFileSync(mine, 'utf8')).toBe('mine')
  })

  it('refuses a folder with something in it, an unknown source, another key; leaves nothing', async () => {
    const opened = await open()
    const full = temporaryFolder()
    writeFileSync(join(full, 'mine'), 'mine')
    await expectCode(
      extractPackage({ package: opened, opener: opener(), to: full, signal }),
      'target-not-empty',
    )
    const to = temporaryFolder()
    await expectCode(
      extractPackage({ package: opened, opener: opener(), to, signal, sources: ['x'] }),
      'usage',
    )
    const other = { privateKeys: [await newKey('other')] }
    await expectCode(extractPackage({ package: opened, opener: other, to, signal }), 'key-wrong')
    await expectCode(
      extractPackage({ package: opened, opener: opener(), to, signal: AbortSignal.abort() }),
      'interrupted',
    )
    expect(execFileSync('ls', ['-A', to], { encoding: 'utf8' })).toBe('')
  })
})

function sha256Of(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
