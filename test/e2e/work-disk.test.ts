import { execFileSync } from 'node:child_process'
import { mkdir, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { makeReady, openCase } from '../support/case.ts'
import { canMount, mountLoopDisk } from '../support/loop-disk.ts'
import { oneLetter } from '../support/sources.ts'

describe.runIf(canMount('mkfs.ext4', 'chattr'))('a work folder that is a disk of its own', () => {
  it('is not gone where not all of it could be destroyed and its mount was removed', async () => {
    await using c = await openCase({
      sources: oneLetter,
    })
    const work = join(c.dossier, 'work')
    using disk = mountLoopDisk(work)
    const confirm = await makeReady(c)
    const stuck = join(work, 'R1-0001', 'journal.sqlite')
    execFileSync('chattr', ['+i', stuck])
    const options = { execute: true, see: false, confirm }
    const first = await destroy(c.as('operator'), options)
    expect(first.lines).toContainEqual(expect.stringMatching(/^failed {2}work .*EPERM/))
    disk.umount()
    await rmdir(work)
    await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringMatching(/nobody saw that emptied$/) as string,
    })
    expect((await certify(c.as('verifier'), {})).json['status']).toBe('partial')
    await mkdir(work)
    disk.mount()
    execFileSync('chattr', ['-i', stuck])
    expect((await destroy(c.as('operator'), options)).lines).toContainEqual(expect.stringContaining('EBUSY'))
    expect(await readdir(work)).toEqual([])
    disk.umount()
    await rmdir(work)
    expect((await destroy(c.as('operator'), options)).lines).toContainEqual(expect.stringMatching(/^gone/))
    expect((await certify(c.as('verifier'), {})).json['status']).toBe('final')
  })
})
