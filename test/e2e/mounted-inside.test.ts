import { spawnSync } from 'node:child_process'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { canMount } from '../support/loop-disk.ts'

/* What is mounted in a tree is exported with it, and is not destroyed with it: nobody may certify that it was. */

describe.runIf(canMount())('a tree in which a disk was mounted when it was exported', () => {
  let inside: string
  afterEach(() => void spawnSync('umount', ['-l', inside]))

  async function tree(root: string): Promise<{ name: string; url: string }[]> {
    const source = join(root, 'source')
    for (const folder of ['a', 'archive of 2019']) await mkdir(join(source, folder), { recursive: true })
    inside = join(source, 'archive of 2019')
    await mkdir(join(root, 'disk'))
    await writeFile(join(root, 'disk', 'old.txt'), 'Dear colleague\n')
    await writeFile(join(source, 'a', 'letter.txt'), 'Dear colleague\n')
    spawnSync('mount', ['--bind', join(root, 'disk'), inside])
    return [{ name: 'documents', url: `files:${source}` }]
  }

  const execute = (c: Case, confirm: readonly string[]): ReturnType<typeof destroy> =>
    destroy(c.as('operator'), { execute: true, see: false, confirm })

  it('is not destroyed, neither before it is unmounted nor after', async () => {
    await using c = await openCase({ sources: tree })
    const confirm = await makeReady(c)
    await expect(execute(c, confirm)).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('mounted inside') as string,
    })
    spawnSync('umount', [inside])
    await expect(execute(c, confirm)).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
    expect((await stat(join(c.root, 'source/a/letter.txt'))).isFile()).toBe(true)
    expect(await readdir(join(c.root, 'disk'))).toEqual(['old.txt'])
  })
})
