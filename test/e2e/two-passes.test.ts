import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { listing } from '../support/listing.ts'
import { havePrograms } from '../support/programs.ts'
import { dump } from '../support/sqlite-dump.ts'

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const tree = join(root, 'source', 'tree')
  await mkdir(join(tree, 'kept'), { recursive: true })
  await mkdir(join(tree, 'gone', 'deep'), { recursive: true })
  await writeFile(join(tree, 'kept', 'same.txt'), 'same')
  await writeFile(join(tree, 'kept', 'changed.txt'), 'before')
  await writeFile(join(tree, 'gone', 'deep', 'a.txt'), 'will go')
  await writeFile(join(tree, 'becomes-a-folder'), 'still a file')
  await symlink('kept/same.txt', join(tree, 'link'))
  using database = new DatabaseSync(join(root, 'source', 'record.db'))
  database.exec(`pragma journal_mode = wal; create table kept (id integer primary key, v text); create table changed (id integer primary key, v text);
    create table gone (id integer primary key); insert into kept values (1, 'same'); insert into changed values (1, 'before'), (2, 'will go'); insert into gone values (1);
    create index by_v on changed (v)`)
  return [
    { name: 'record', url: `sqlite:${join(root, 'source', 'record.db')}` },
    { name: 'tree', url: `files:${tree}` },
  ]
}

async function liveOn(root: string): Promise<void> {
  const tree = join(root, 'source', 'tree')
  await writeFile(join(tree, 'kept', 'changed.txt'), 'after')
  await writeFile(join(tree, 'kept', 'new.txt'), 'new')
  await rm(join(tree, 'gone'), { recursive: true })
  await rm(join(tree, 'becomes-a-folder'))
  await mkdir(join(tree, 'becomes-a-folder'))
  await writeFile(join(tree, 'becomes-a-folder', 'inside.txt'), 'now a folder')
  await rm(join(tree, 'link'))
  await symlink('changed.txt', join(tree, 'kept', 'link'))
  await rename(join(tree, 'kept', 'same.txt'), join(tree, 'kept', 'renamed.txt'))
  using database = new DatabaseSync(join(root, 'source', 'record.db'))
  database.exec(`update changed set v = 'after' where id = 1; delete from changed where id = 2; insert into changed values (3, null);
    drop table gone; create table fresh (a, b); insert into fresh values (x'00ff', 1e308); alter table kept add column w text default 'd';
    drop index by_v; create view v as select * from fresh`)
}

async function restored(c: Case, source: string, to: string): Promise<Record<string, unknown>> {
  const packages = ['R1-0001', 'R1-0002'].map((name) => join(c.client, name))
  const outcome = await restore(
    { ...c.session, dossierDir: c.client },
    {
      packages,
      key: c.keyFile('client-2'),
      source,
      to,
      compare: true,
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    },
  )
  expect(outcome.exit, outcome.lines.join('\n')).toBe(0)
  return outcome.json
}

describe('two passes', () => {
  it.skipIf(!havePrograms('sqlite3', 'find'))(
    'both packages restored together equal the source',
    async () => {
      await using c = await openCase({ sources })
      await pin(c)
      expect((await exportPackage(c)).exit).toBe(0)
      await liveOn(c.root)
      const second = await exportPackage(c, 'R1-0001')
      expect(second.exit).toBe(0)
      await deliverAll(c)
      const [record] = second.json['sources'] as [{ totals: Record<string, { items: number }> }]
      expect(record.totals['removed']?.items).toBe(1)

      await restored(c, 'tree', `files:${join(c.client, 'tree')}`)
      expect(await listing(join(c.client, 'tree'))).toBe(await listing(join(c.root, 'source', 'tree')))
      await restored(c, 'record', `sqlite:${join(c.client, 'record.db')}`)
      expect(await dump(join(c.client, 'record.db'))).toBe(await dump(join(c.root, 'source', 'record.db')))
    },
  )

  it('a second package needs its base, and the base needs none', async () => {
    await using c = await openCase({ sources })
    await pin(c)
    await exportPackage(c)
    await expect(exportPackage(c)).rejects.toMatchObject({ code: 'usage' })
    await liveOn(c.root)
    await exportPackage(c, 'R1-0001')
    await deliverAll(c)
    const alone = restore(
      { ...c.session, dossierDir: c.client },
      {
        packages: [join(c.client, 'R1-0002')],
        key: c.keyFile('client-1'),
        source: 'tree',
        to: `files:${join(c.client, 'x')}`,
        compare: false,
        signers: [c.keyFile('operator').replace(/key$/, 'asc')],
      },
    )
    await expect(alone).rejects.toMatchObject({ code: 'usage' })
  })
})
