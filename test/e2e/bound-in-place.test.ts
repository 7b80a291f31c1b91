import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { cut } from '../support/cut-destruction.ts'
import { canMount } from '../support/loop-disk.ts'

/* What was bound into the place of a copy from another folder of the same disk is not gone because its mount was removed. */

async function tree(kept: string): Promise<void> {
  for (const name of ['a', 'b']) {
    await mkdir(join(kept, name), { recursive: true })
    await writeFile(join(kept, name, 'letter.txt'), 'Dear colleague\n')
  }
}

async function database(kept: string): Promise<void> {
  using db = new DatabaseSync(kept)
  db.exec('CREATE TABLE a(x); INSERT INTO a VALUES (1)')
}

async function image(kept: string): Promise<void> {
  await writeFile(kept, Buffer.alloc(1024 * 1024, 'patient'))
}

const folder = (at: string): Promise<unknown> => mkdir(at)
const file = (at: string): Promise<unknown> => writeFile(at, '')

const kinds = [
  { what: 'a tree', url: (at: string) => `files:${at}`, make: tree, below: folder },
  { what: 'a database', url: (at: string) => `sqlite:${at}`, make: database, below: file },
  { what: 'a disk image', url: (at: string) => `disk:${at}?format=raw`, make: image, below: file },
] as const

describe.runIf(canMount())('a copy that is bound into its place', () => {
  let c: Case
  let [kept, place] = ['', '']
  const bind = (): unknown => execFileSync('mount', ['--bind', kept, place])
  const openBound = async ({ url, make, below }: (typeof kinds)[number]): Promise<string[]> => {
    c = await openCase({
      sources: async (root) => {
        ;[kept, place] = [join(root, 'data', 'kept'), join(root, 'srv', 'bound')]
        for (const path of [kept, place]) await mkdir(dirname(path))
        await make(kept)
        await below(place)
        bind()
        return [{ name: 'bound', url: url(place) }]
      },
    })
    return makeReady(c)
  }
  const unbind = async (): Promise<void> => {
    execFileSync('umount', [place])
    await rm(place, { recursive: true })
  }
  const outcome = async (): Promise<unknown> => {
    const { json } = await certify(c.as('verifier'), {})
    return (json['copies'] as readonly { outcome: string }[])[0]?.outcome
  }
  afterEach(async () => {
    spawnSync('umount', ['-l', place])
    await c[Symbol.asyncDispose]()
  })

  it.each(kinds)(
    'is not gone where its destruction was cut short and the mount removed: $what',
    async (kind) => {
      const confirm = await openBound(kind)
      const before = await readdir(kept).catch(() => readFile(kept))
      await cut(c, confirm, async () => {})
      await unbind()
      const options = { execute: true, see: false, confirm }
      await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({
        code: 'source-unreachable',
        message: expect.stringMatching(/nobody saw that emptied$/) as string,
      })
      expect(await outcome()).toBe('could-not-check')
      expect(await readdir(kept).catch(() => readFile(kept))).toEqual(before)
    },
  )

  it('is gone once it was seen emptied, and the mount removed', async () => {
    const confirm = await openBound(kinds[0])
    await cut(c, confirm)
    await unbind()
    await mkdir(place)
    bind()
    const options = { execute: true, see: false, confirm }
    expect((await destroy(c.as('operator'), options)).lines[0]).toMatch(/^failed .*EBUSY$/)
    expect(await readdir(kept)).toEqual([])
    await unbind()
    expect((await destroy(c.as('operator'), options)).lines[0]).toMatch(/^gone/)
    expect(await outcome()).toBe('observed-absent')
  })
})
