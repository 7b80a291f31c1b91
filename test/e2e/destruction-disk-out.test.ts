import { cp, mkdir, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { JsonObject } from '../../packages/core/src/index.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { cut, destroyingBy } from '../support/cut-destruction.ts'
import { temporaryFolder } from '../support/export.ts'
import { canMount, type LoopDisk, mountLoopDisk } from '../support/loop-disk.ts'

/* What lies on a disk that is taken out while it is being destroyed is still on it. */

/** A database whose newest rows lie in its log, so that it is destroyed in two steps. */
async function database(folder: string): Promise<{ name: string; url: string }[]> {
  const [live, left] = [join(folder, 'live.db'), join(folder, 'records.db')]
  using db = new DatabaseSync(live)
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE a(x); PRAGMA wal_checkpoint; INSERT INTO a VALUES (1)')
  for (const suffix of ['', '-wal']) await cp(live + suffix, left + suffix)
  return [{ name: 'records', url: `sqlite:${left}` }]
}

async function tree(folder: string): Promise<{ name: string; url: string }[]> {
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, 'source', name), { recursive: true })
    await writeFile(join(folder, 'source', name, 'letter.txt'), 'Dear colleague\n')
  }
  return [{ name: 'documents', url: `files:${join(folder, 'source')}` }]
}

describe.runIf(canMount('mkfs.ext4'))('a copy whose disk is taken out while it is destroyed', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let device: LoopDisk
  let disk: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    disk = join(folder.path, 'disk')
    device = mountLoopDisk(disk)
  })
  afterEach(async () => {
    device[Symbol.dispose]()
    await folder[Symbol.asyncDispose]()
  })

  it.each([
    ['a database', database, 'records.db'],
    ['a tree', tree, 'source'],
  ])('is not destroyed: %s', async (_, sources, left) => {
    await using c = await openCase({ sources: () => sources(disk) })
    const confirm = await makeReady(c)
    const session = c.as('operator')
    const connectorOf = destroyingBy(
      session.connectorOf,
      (real) =>
        async function* (signal) {
          for await (const step of real.destroy(signal)) {
            yield step
            device.umount()
          }
        },
    )
    const first = await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
    expect(first.exit).toBe(1)
    expect(first.lines[0]).toMatch(/the folder in which it lay when its destruction began is not there$/)
    expect(await outcomeIn(c)).toBe('could-not-check')
    device.mount()
    expect(await readdir(disk)).toContain(left)
    const again = await destroy(session, { execute: true, see: false, confirm })
    expect(again.exit, again.lines.join('\n')).toBe(0)
    expect(await readdir(disk)).not.toContain(left)
    expect(await outcomeIn(c)).toBe('destroyed-observed-absent')
  })

  it('is destroyed, and a verifier who looks where its disk is not mounted says so', async () => {
    await using c = await openCase({ sources: () => tree(disk) })
    const confirm = await makeReady(c)
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    device.umount()
    const missing = expect.stringMatching(/folder in which this copy lay .* is not there/)
    expect(await outcomeIn(c)).toBe('destroyed-observed-absent')
    expect(await limitsIn(c)).toContainEqual(missing)
    device.mount()
    expect(await outcomeIn(c)).toBe('destroyed-observed-absent')
    expect(await limitsIn(c)).not.toContainEqual(missing)
  })

  it('is not observed to be gone by a verifier with an address of his own, either', async () => {
    const sources = async (): Promise<{ name: string; url: string; more: string }[]> => {
      const [one] = await tree(disk)
      return one === undefined ? [] : [{ ...one, more: `probe: { url: "${one.url}" }` }]
    }
    await using c = await openCase({ sources })
    const confirm = await makeReady(c)
    await cut(c, confirm)
    device.umount()
    expect(await outcomeIn(c)).toBe('could-not-check')
    device.mount()
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(await outcomeIn(c)).toBe('destroyed-observed-absent')
  })

  it('is not gone where it was the whole disk, and its folder was removed with the mount, unless it was empty by then', async () => {
    for (const name of ['a', 'b']) {
      await mkdir(join(disk, name))
      await writeFile(join(disk, name, 'letter.txt'), 'Dear colleague\n')
    }
    const url = `files:${disk}`
    const source = { name: 'documents', url, more: `probe: { url: "${url}" }` }
    await using c = await openCase({ sources: async () => [source] })
    const confirm = await makeReady(c)
    await cut(c, confirm)
    device.umount()
    await rmdir(disk)
    const options = { execute: true, see: false, confirm }
    await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringMatching(/nobody saw that emptied$/) as string,
    })
    expect(await outcomeIn(c)).toBe('could-not-check')
    expect(await limitsIn(c)).toContainEqual(expect.stringContaining('the disk that was this copy'))
    await mkdir(disk)
    device.mount()
    expect((await destroy(c.as('operator'), options)).lines[0]).toMatch(/^failed .*EBUSY$/)
    device.umount()
    await rmdir(disk)
    expect((await destroy(c.as('operator'), options)).lines[0]).toMatch(/^gone/)
    expect(await outcomeIn(c)).toBe('observed-absent')
  })
})

/** What the verifier could not see of the source when he looked last. */
async function limitsIn(c: Case): Promise<unknown> {
  const events = (await openDossier(c.dossier)).ledger.events()
  const probed = events.filter(({ type, body }) => type === 'copy-probed' && isSource(body))
  return probed.at(-1)?.body['limits']
}

const isSource = ({ copy }: JsonObject): boolean => copy === 'documents' || copy === 'records'

async function outcomeIn(c: Case): Promise<string | undefined> {
  const { json } = await certify(c.as('verifier'), { operation: 'R1' })
  const copies = json['copies'] as readonly { kind: string; outcome: string }[]
  return copies.find(({ kind }) => kind === 'source')?.outcome
}
