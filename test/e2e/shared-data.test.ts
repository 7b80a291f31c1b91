import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { extract } from '../../cli/src/commands/extract.ts'
import { list } from '../../cli/src/commands/list.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { type Case, type CaseSource, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { listing } from '../support/listing.ts'
import { havePrograms } from '../support/programs.ts'
import { haveShared, sharedData, sqliteCorpus } from '../support/shared-data.ts'
import { dump } from '../support/sqlite-dump.ts'

const operatorKey = (c: Case): string => c.keyFile('operator').replace(/key$/, 'asc')
const delivered = (c: Case): string => join(c.client, 'R1-0001')
const client = (c: Case) => ({ ...c.session, dossierDir: c.client })

const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.sqlite$/, '')
    .toLowerCase()

async function fullCheck(c: Case): Promise<void> {
  const report = await verify(client(c), {
    path: delivered(c),
    key: c.keyFile('client-1'),
    signers: [operatorKey(c)],
    packages: [],
  })
  expect(report.exit, report.lines.join('\n')).toBe(0)
}

async function rebuild(c: Case, source: string, to: string): Promise<void> {
  const outcome = await restore(client(c), {
    packages: [delivered(c)],
    key: c.keyFile('client-1'),
    source,
    to,
    compare: true,
    signers: [operatorKey(c)],
  })
  expect(outcome.exit, `${source}: ${outcome.lines.join('\n')}`).toBe(0)
}

describe.skipIf(!haveShared('sqlite', 'SHA256SUMS') || !havePrograms('sqlite3', 'zstd', 'find'))(
  'third-party data',
  () => {
    it('the whole of it as a tree: exported, verified, extracted, restored, equal', async () => {
      await using c = await openCase({ sources: async () => [{ name: 'data', url: `files:${sharedData}` }] })
      await pin(c)
      expect((await exportPackage(c)).exit).toBe(0)
      await deliverAll(c)
      await fullCheck(c)
      const out = join(c.client, 'extracted')
      const done = await extract(client(c), {
        package: delivered(c),
        key: c.keyFile('client-1'),
        to: out,
        sources: [],
        signers: [operatorKey(c)],
      })
      expect(done.exit).toBe(0)
      expect(await contents(join(out, 'data', 'data'))).toBe(await contents(sharedData))
      await rebuild(c, 'data', `files:${join(c.client, 'restored')}`)
      expect(await listing(join(c.client, 'restored'))).toBe(await listing(sharedData))
    })

    it('every valid SQLite database: restored equal by content and definitions', async () => {
      let valid: string[] = []
      const sources = async (root: string): Promise<CaseSource[]> => {
        valid = [...(await corpus(root)).valid, join(root, 'corpus', 'chinook.sqlite')]
        await copyFile(join(sharedData, 'sqlite', 'chinook.sqlite'), join(root, 'corpus', 'chinook.sqlite'))
        return valid.map((path) => ({ name: nameOf(path), url: `sqlite:${path}`, more: 'quiesced: true' }))
      }
      await using c = await openCase({ sources })
      await pin(c)
      const exported = await exportPackage(c)
      expect(exported.exit, exported.lines.join('\n')).toBe(0)
      await deliverAll(c)
      await fullCheck(c)
      expect(valid.length).toBe(84)
      for (const path of valid) {
        const to = join(c.client, basename(path))
        await rebuild(c, nameOf(path), `sqlite:${to}`)
        expect(await dump(to), path).toBe(await dump(path))
      }
    })

    it('every damaged SQLite database: exit 5, named in the loss report, never delivered as whole', async () => {
      let damaged: string[] = []
      const sources = async (root: string): Promise<CaseSource[]> => {
        damaged = (await corpus(root)).damaged
        return damaged.map((path) => ({ name: nameOf(path), url: `sqlite:${path}` }))
      }
      await using c = await openCase({ sources })
      await pin(c)
      const exported = await exportPackage(c)
      expect(exported.exit).toBe(5)
      expect(damaged.length).toBe(25)
      const totals = exported.json['sources'] as { name: string; totals: { lost: { items: number } } }[]
      expect(totals.filter(({ totals: t }) => t.lost.items === 0).map(({ name }) => name)).toEqual([])
      await deliverAll(c)
      await fullCheck(c)
      const listed = await list(client(c), {
        package: delivered(c),
        key: c.keyFile('client-1'),
        signers: [operatorKey(c)],
      })
      const items = (await Array.fromAsync(listed.items ?? [])).map(
        ({ json }) => json as { source: string; state: string; reason?: string },
      )
      for (const path of damaged) {
        expect(
          items.filter(({ source, state, reason }) => source === nameOf(path) && state === 'lost' && reason),
          path,
        ).not.toEqual([])
      }
    })
  },
)

async function corpus(root: string): Promise<ReturnType<typeof sqliteCorpus>> {
  await mkdir(join(root, 'corpus'))
  return sqliteCorpus(join(root, 'corpus'))
}

/** Paths and contents only: what a plain extraction promises. */
async function contents(root: string): Promise<string> {
  return (await listing(root))
    .split('\n')
    .filter((line) => /^[0-9a-f]{64} /.test(line))
    .join('\n')
}
