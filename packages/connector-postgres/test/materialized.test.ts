import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Exporter, freezeAlone, type SourceSpec } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { postgresConnector } from '../src/index.ts'
import { compare, each, exportAll, roundTripped } from './carry.ts'
import { place, signal, sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-materialized-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

// A count that was taken while the rows were there, as one keeps the numbers of a closed year.
const counted = `CREATE TABLE stay(ward text); INSERT INTO stay VALUES ('a'), ('a'), ('b');
  CREATE MATERIALIZED VIEW of_2025 AS SELECT ward, count(*) AS stays FROM stay GROUP BY ward; DELETE FROM stay WHERE ward = 'a';
  CREATE MATERIALIZED VIEW empty AS SELECT ward FROM stay WITH NO DATA`
const id = 'materialized-rows/public.of_2025'

const alone = (source: SourceSpec): Promise<Exporter> => freezeAlone(postgresConnector, source, signal)

describe.skipIf(!server || !psql)('the rows of a materialised view', () => {
  const db = server as NonNullable<typeof server>

  it('are delivered, though nothing fills it with them again', async () => {
    await using source = await place(db, counted)
    const bag = join(folder, 'bag')
    const { entries, items } = await roundTripped(db, source.database, bag)
    const ofView = entries.filter(({ item }) => item === id).map(({ path }) => path)
    expect(ofView).toEqual([
      'data/materialized/public.of_2025/000001-000001.csv',
      'data/materialized/public.of_2025/datapackage.json',
    ])
    expect(readFileSync(join(bag, ofView[0] ?? ''), 'utf8')).toMatch(
      /^ward,stays\n("a",2\n"b",1|"b",1\n"a",2)\n$/,
    )
    expect(items.filter(({ kind }) => kind === 'materialized-rows')).toMatchObject([{ id, count: 2 }])
  })

  it('are seen to change when it is filled anew', async () => {
    await using source = await place(db, counted)
    const { items } = await exportAll(source.spec, join(folder, 'before'))
    const changes = async (): Promise<unknown[]> => {
      await using watcher = await postgresConnector.watch(source.spec, signal)
      return await Array.fromAsync(watcher.differences(each(items), signal))
    }
    expect(await changes()).toEqual([])
    await sql(db, source.database, 'REFRESH MATERIALIZED VIEW of_2025')
    expect(await changes()).toEqual([{ item: id, change: 'changed', detail: 'expected 2 rows, got 1' }])
    expect(await compare(source.spec, items)).toEqual([])
  })

  it('are stated as lost where it is filled anew while it is exported: they are of another moment', async () => {
    await using source = await place(db, counted)
    const refresh = 'REFRESH MATERIALIZED VIEW of_2025'
    const lost = expect.stringContaining('filled anew') as string
    await using before = await alone(source.spec)
    const items = await Array.fromAsync(before.inventory(signal))
    await sql(db, source.database, refresh)
    const shards = before.shards(each(items), { bytes: 1 << 20, items: 1000, partBytes: 1 << 20 })
    const read = await Array.fromAsync(shards, (shard) =>
      Array.fromAsync(before.read(shard, each(items.slice(shard.first - 1, shard.last)), signal)),
    )
    expect(read.flat().filter((one) => 'lost' in one)).toEqual([{ item: id, lost }])
    await using later = await alone(source.spec)
    await sql(db, source.database, refresh)
    const found = await Array.fromAsync(later.inventory(signal))
    expect(found).toContainEqual(expect.objectContaining({ id, lost }))
  })
})
