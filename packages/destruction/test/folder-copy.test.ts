import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mountSmallDisk } from '../../../test/support/small-disk.ts'
import { folderFingerprint } from '../src/fingerprints.ts'
import { folderDestroyer, folderProber } from '../src/folder-copy.ts'
import { temporaryFolder } from './support/folders.ts'

const { signal } = new AbortController()

function workFolder(): { parent: string; work: string } {
  const parent = temporaryFolder()
  const work = join(parent, 'work')
  mkdirSync(join(work, 'journals/empty'), { recursive: true })
  writeFileSync(join(work, 'journals/R1-0001.db'), 'names of patients')
  writeFileSync(join(parent, 'elsewhere'), 'kept')
  symlinkSync('../elsewhere', join(work, 'link'))
  return { parent, work }
}

describe('the fingerprint of a folder', () => {
  it('stays, and is another one for a folder put in its place', async () => {
    const { parent, work } = workFolder()
    const before = await folderFingerprint(work)
    expect(before).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/)
    writeFileSync(join(work, 'more'), '')
    expect(await folderFingerprint(work)).toBe(before)
    renameSync(work, join(parent, 'aside'))
    mkdirSync(work)
    expect(await folderFingerprint(work)).not.toBe(before)
  })
})

describe('folderDestroyer', () => {
  it('plans without touching, then removes the folder and nothing behind a link', async () => {
    const { parent, work } = workFolder()
    await using destroyer = await folderDestroyer(work)
    const planned = await Array.fromAsync(destroyer.plan(signal))
    expect(existsSync(join(work, 'journals/R1-0001.db'))).toBe(true)
    const done = await Array.fromAsync(destroyer.destroy(signal))
    expect(done).toEqual(expect.arrayContaining(planned.filter(({ action }) => action === 'unlink')))
    expect(existsSync(work)).toBe(false)
    expect(readFileSync(join(parent, 'elsewhere'), 'utf8')).toBe('kept')
  })

  it('removes a folder that lies on a larger disk and the link in its place, also after it was cut short', async () => {
    const { parent, work } = workFolder()
    const real = join(parent, 'larger')
    renameSync(work, real)
    symlinkSync('larger', work)
    const before = await folderFingerprint(work)
    await using destroyer = await folderDestroyer(work)
    expect(destroyer.fingerprint).toBe(before)
    for await (const { action, object } of destroyer.destroy(signal))
      if (action === 'remove folder' && object === real) break
    expect(existsSync(real)).toBe(false)
    expect((await Array.fromAsync(destroyer.destroy(signal))).map(({ object }) => object)).toEqual([work])
    expect(readdirSync(parent)).toEqual(['elsewhere'])
  })

  it('says what to do where the folder is a disk of its own', async () => {
    const work = join(temporaryFolder(), 'work')
    using disk = mountSmallDisk(work, 1)
    if (disk === undefined) return
    writeFileSync(join(work, 'journal'), 'names of patients')
    await using destroyer = await folderDestroyer(work)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      hint: expect.stringContaining('unmount it'),
    })
    expect(readdirSync(work)).toEqual([])
  })

  it('takes nothing of a disk that is mounted inside: it may be somebody else’s', async () => {
    const work = join(temporaryFolder(), 'work')
    using disk = mountSmallDisk(join(work, 'snapshot'), 1)
    if (disk === undefined) return
    for (const name of ['journal', 'snapshot/letter.txt'])
      writeFileSync(join(work, name), 'names of patients')
    await expect(folderDestroyer(work)).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('mounted inside'),
    })
    expect(readdirSync(join(work, 'snapshot'))).toEqual(['letter.txt'])
  })

  it.each([
    ['it is itself', (disk: string) => disk],
    [
      'a link in its place leads to',
      (disk: string) => {
        const work = `${disk}-work`
        mkdirSync(join(disk, 'larger'))
        symlinkSync(join(disk, 'larger'), work)
        return work
      },
    ],
  ])(
    'has not destroyed what lies on a disk that is taken out meanwhile: the one that %s',
    async (_, placed) => {
      const at = join(temporaryFolder(), 'disk')
      if (mountSmallDisk(at, 1) === undefined) return
      const work = placed(at)
      for (const name of ['a', 'b']) writeFileSync(join(work, name), 'names of patients')
      await using destroyer = await folderDestroyer(work)
      const takenOut = async (): Promise<void> => {
        for await (const _step of destroyer.destroy(signal)) spawnSync('umount', ['-l', at])
      }
      await expect(takenOut()).rejects.toMatchObject({
        code: 'destroy-failed',
        message: expect.stringMatching(/not there any more$/) as string,
        hint: expect.stringContaining('mount it again') as string,
      })
    },
  )

  it('removes names that are no UTF-8, which a restored tree has', async () => {
    const { work } = workFolder()
    const odd = Buffer.from(join(work, 'journals/odd-\xff'), 'latin1')
    mkdirSync(odd)
    writeFileSync(Buffer.concat([odd, Buffer.from('/f\xe9', 'latin1')]), 'restored')
    await using destroyer = await folderDestroyer(work)
    await Array.fromAsync(destroyer.destroy(signal))
    expect(existsSync(work)).toBe(false)
  })

  it('calls it deletion and claims no sanitization', async () => {
    const { method } = await folderDestroyer(workFolder().work)
    expect(method).toMatchObject({ category: 'none', technique: 'unlink' })
    expect(method.limits.join(' ')).toContain('does not overwrite')
  })

  it('takes what is gone for done', async () => {
    const { work } = workFolder()
    rmSync(work, { recursive: true })
    await using destroyer = await folderDestroyer(work)
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([])
  })

  it('stops when it is interrupted', async () => {
    const { work } = workFolder()
    await using destroyer = await folderDestroyer(work)
    const steps = Array.fromAsync(destroyer.destroy(AbortSignal.abort()))
    await expect(steps).rejects.toMatchObject({ code: 'interrupted' })
    expect(existsSync(join(work, 'journals/R1-0001.db'))).toBe(true)
  })
})

describe('folderProber', () => {
  it('tells present, absent and not looked at apart', async () => {
    const { parent, work } = workFolder()
    const fingerprint = await folderFingerprint(work)
    expect(await folderProber(work).look(signal)).toMatchObject({ state: 'present', fingerprint })
    rmSync(work, { recursive: true })
    expect(await folderProber(work).look(signal)).toMatchObject({ state: 'absent' })
    const unmounted = join(parent, 'not mounted/work')
    expect(await folderProber(unmounted).look(signal)).toMatchObject({ state: 'could-not-check' })
    symlinkSync(unmounted, work)
    expect(await folderProber(work).look(signal)).toMatchObject({ state: 'could-not-check' })
  })
})
