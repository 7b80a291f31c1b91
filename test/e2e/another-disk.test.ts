import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { canMount } from '../support/loop-disk.ts'

/* After a restart of the machine the disks of two clients may be mounted in each other's places. */

describe.runIf(canMount())('another disk in the place of a source', () => {
  let c: Case
  const path = (name: string): string => join(c.root, name)
  const mount = (name: string): unknown => execFileSync('mount', ['--bind', path(name), path('srv')])
  afterEach(async () => {
    spawnSync('umount', [path('srv')])
    await c[Symbol.asyncDispose]()
  })

  const open = async (): Promise<void> => {
    c = await openCase({
      sources: async (root) => {
        await mkdir(join(root, 'srv'))
        for (const name of ['own', 'somebodys']) {
          await mkdir(join(root, name, 'letters'), { recursive: true })
          await writeFile(join(root, name, 'letters', `${name}.txt`), 'Dear colleague\n')
        }
        return [{ name: 'letters', url: `files:${join(root, 'srv', 'letters')}` }]
      },
    })
    await pin(c)
    mount('own')
  }
  const swap = (name: string): void => {
    execFileSync('umount', [path('srv')])
    mount(name)
  }
  const refused = (of: RegExp): object => ({
    code: 'guard-refused',
    message: expect.stringMatching(of) as string,
    details: { guard: 'tenant' },
  })

  it('is not read for the client who has signed for the other one', async () => {
    await open()
    await agreeScope(c)
    swap('somebodys')
    await expect(exportPackage(c)).rejects.toMatchObject(refused(/the system of the signed scope/))
    expect(await readdir(c.vault)).toEqual([])
    swap('own')
    expect((await exportPackage(c)).exit).toBe(0)
  })

  it('is not what a package continues', async () => {
    await open()
    await exportPackage(c)
    swap('somebodys')
    const next = (): Promise<unknown> => exportPackage(c, 'R1-0001')
    await expect(next()).rejects.toMatchObject(refused(/the system of the package that this one continues/))
    expect(await readdir(c.vault)).toEqual(['R1-0001'])
    swap('own')
    expect(await next()).toMatchObject({ exit: 0 })
  })

  it('is not destroyed, were it delivered, for the scope that was signed is of the other one', async () => {
    await open()
    swap('somebodys')
    await exportPackage(c)
    swap('own')
    await agreeScope(c)
    swap('somebodys')
    await deliverAll(c)
    await acknowledgeAll(c, ['R1-0001'])
    await giveNotice(c)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    c.clock.advance('P30D')
    const run = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(run).rejects.toMatchObject(refused(/letters: expected .*, which the signed scope names/))
    expect(await readdir(path('somebodys'))).toEqual(['letters'])
  })
})
