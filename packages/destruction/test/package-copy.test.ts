import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { shortFingerprint } from '@restitute/core'
import { generateKey, readPrivateKey } from '@restitute/seal'
import { describe, expect, it } from 'vitest'
import { packageDestroyer, packageProber } from '../src/package-copy.ts'
import { temporaryFolder } from './support/folders.ts'
import { type MadePackage, makePackage } from './support/package.ts'

const { signal } = new AbortController()

async function madePackage(): Promise<{ made: MadePackage; folder: string }> {
  const at = new Date('2026-01-05T09:00:00Z')
  const key = await generateKey({ name: 'Ana Martin', email: 'ana@example.org', at })
  const operator = await readPrivateKey(Buffer.from(key.privateKey))
  const place = temporaryFolder()
  const dir = join(place, 'source')
  mkdirSync(dir)
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(dir, name), name)
  const contract = { reference: 'CHU-2026-014', sha256: 'ab'.repeat(32) }
  const recipients = [operator.publicKey]
  const made = await makePackage({ source: 'records', dir, place, contract, recipients, operator, at })
  return { made, folder: join(place, 'R1-0001') }
}

describe('a package as a copy', () => {
  it('is known by its manifest, and destroyed with all that the manifest names', async () => {
    const { made, folder } = await madePackage()
    const destination = directoryDestination(folder)
    const fingerprint = shortFingerprint(made.sha256)
    expect(await packageProber(destination).look(signal)).toMatchObject({ state: 'present', fingerprint })
    await using destroyer = await packageDestroyer(destination)
    expect(destroyer.fingerprint).toBe(fingerprint)
    const planned = await Array.fromAsync(destroyer.plan(signal))
    expect(existsSync(join(folder, 'manifest.json'))).toBe(true)
    expect(planned.at(-1)?.object).toBe('manifest.json')
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual(planned)
    expect(existsSync(folder)).toBe(false)
    expect(await packageProber(destination).look(signal)).toMatchObject({ state: 'absent' })
  })

  it('on a server or in a bucket is deleted by the service: nothing is said of blocks, nor of an account of this machine', async () => {
    const { folder } = await madePackage()
    const destination = { ...directoryDestination(folder), url: 's3://vault/R1-0001' }
    await using destroyer = await packageDestroyer(destination)
    expect(destroyer.method).toMatchObject({ category: 'none', technique: 'deletion by the service' })
    const { identity, limits } = await packageProber(destination).look(signal)
    expect(identity).toBe('the account of the destination')
    for (const said of [...destroyer.method.limits, ...limits]) expect(said).not.toMatch(/unlink|blocks/)
  })

  it('leaves a file that the manifest does not name, and the prober sees it', async () => {
    const { folder } = await madePackage()
    const destination = directoryDestination(folder)
    writeFileSync(join(folder, 'volumes/private notes.txt'), 'not ours')
    await using destroyer = await packageDestroyer(destination)
    await Array.fromAsync(destroyer.destroy(signal))
    expect(readdirSync(folder, { recursive: true })).toEqual(['volumes', 'volumes/private notes.txt'])
    expect(await packageProber(destination).look(signal)).toMatchObject({ state: 'present' })
  })

  it('is not absent while what an unfinished write left lies there', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, '.tmp-0123'), 'a part of a volume')
    expect(await packageProber(directoryDestination(folder)).look(signal)).toMatchObject({ state: 'present' })
  })

  it('goes on after an interruption', async () => {
    const { folder } = await madePackage()
    const destination = directoryDestination(folder)
    await using first = await packageDestroyer(destination)
    for await (const _ of first.destroy(signal)) break
    await using second = await packageDestroyer(destination)
    await Array.fromAsync(second.destroy(signal))
    expect(existsSync(folder)).toBe(false)
  })

  it('is not called absent where its place cannot be looked into', async () => {
    const unmounted = directoryDestination(join(temporaryFolder(), 'not mounted/R1-0001'))
    expect(await packageProber(unmounted).look(signal)).toMatchObject({ state: 'could-not-check' })
    const elsewhere = { ...directoryDestination(temporaryFolder()), url: 'sftp://host/out/R1-0001' }
    expect(await packageProber(elsewhere).look(signal)).toMatchObject({ state: 'absent' })
    const gone = { ...elsewhere, parentIsThere: async () => false }
    expect(await packageProber(gone).look(signal)).toMatchObject({ state: 'could-not-check' })
  })
})
