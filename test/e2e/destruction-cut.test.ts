import { execFileSync } from 'node:child_process'
import { link, mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { ConnectorOf, Destroyer } from '../../packages/core/src/index.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { havePrograms } from '../support/programs.ts'

/* A destruction that is cut short goes on: what it did itself is no change of the source. */

async function tree(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  for (const name of ['a', 'b']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'a', 'first.txt'), 'Dear colleague\n')
  for (const name of ['b/second.txt', 'last.txt']) await writeFile(join(folder, name), 'Dear colleague\n')
  await link(join(folder, 'a', 'first.txt'), join(folder, 'b', 'same.txt'))
  return [{ name: 'documents', url: `files:${folder}` }]
}

/** Destroys until the first folder is gone. */
async function cut(c: Case, confirm: readonly string[]): Promise<void> {
  const abort = new AbortController()
  const session = c.as('operator')
  const connectorOf: ConnectorOf = async (url) => {
    const real = await session.connectorOf(url)
    return {
      ...real,
      destroyer: async (...given) => cutting(await real.destroyer(...given), () => abort.abort()),
    }
  }
  const run = destroy(
    { ...session, connectorOf, signal: abort.signal },
    { execute: true, see: false, confirm },
  )
  await expect(run).rejects.toMatchObject({ code: 'interrupted' })
}

function cutting(real: Destroyer, stop: () => void): Destroyer {
  return {
    fingerprint: real.fingerprint,
    method: real.method,
    plan: (signal) => real.plan(signal),
    async *destroy(signal) {
      for await (const step of real.destroy(signal)) {
        yield step
        stop()
      }
    },
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}

it('a tree of which a folder is gone is destroyed when it is run again', async () => {
  await using c = await openCase({ sources: tree })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  const left = join(c.root, 'source')
  expect((await stat(left)).isDirectory()).toBe(true)
  const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
  expect(exit, lines.join('\n')).toBe(0)
  await expect(stat(left)).rejects.toThrow('ENOENT')
})

it('what changed in such a tree since is still a change', async () => {
  await using c = await openCase({ sources: tree })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  await writeFile(join(c.root, 'source', 'last.txt'), 'dEAR COLLEAGUE\n')
  const again = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
})

/** A machine whose disk went on in an overlay. */
async function chain(root: string): Promise<{ name: string; url: string; more: string }[]> {
  const [base, disk] = [join(root, 'base.qcow2'), join(root, 'guest.qcow2')]
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', base, '4M'])
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk])
  return [{ name: 'guest', url: `disk:${disk}`, more: 'quiesced: true' }]
}

it.runIf(havePrograms('qemu-img', 'qemu-nbd'))(
  'a chain of images whose leaf is gone is destroyed when it is run again',
  async () => {
    await using c = await openCase({ sources: chain })
    const confirm = await makeReady(c)
    await cut(c, confirm)
    await expect(stat(join(c.root, 'guest.qcow2'))).rejects.toThrow('ENOENT')
    const base = join(c.root, 'base.qcow2')
    const before = await stat(base)
    await writeFile(base, 'late', { flag: 'a' })
    const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(refused).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
    await utimes(base, before.atime, before.mtime)
    const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(exit, lines.join('\n')).toBe(0)
    await expect(stat(base)).rejects.toThrow('ENOENT')
  },
)
