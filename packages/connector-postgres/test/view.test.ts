import type { Item } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { each } from './carry.ts'
import { hospital, place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
afterAll(() => server?.[Symbol.asyncDispose]())

const sessions = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'restitute%'"

async function inventory(exporter: Awaited<ReturnType<typeof postgresConnector.freeze>>): Promise<Item[]> {
  return Array.fromAsync(exporter.inventory(signal))
}

describe.skipIf(!server)('a view', () => {
  const db = server as NonNullable<typeof server>

  it('outlives the exporter that took it, is joined again, and is gone once released', async () => {
    await using source = await place(db, hospital)
    const first = await postgresConnector.freeze(source.spec, signal)
    const before = await inventory(first)
    await first[Symbol.asyncDispose]()
    await sql(db, source.database, "INSERT INTO code VALUES ('later', NULL); CREATE TABLE later(a integer)")
    {
      await using joined = await postgresConnector.join(source.spec, first.view, signal)
      expect(await inventory(joined)).toEqual(before)
    }
    await postgresConnector.release?.(source.spec, first.view, signal)
    await postgresConnector.release?.(source.spec, first.view, signal)
    await expect(postgresConnector.join(source.spec, first.view, signal)).rejects.toMatchObject({
      code: 'source-view-lost',
    })
    expect((await sql(db, 'postgres', sessions)).rows).toEqual([])
  })

  it('takes no lock but the holder for longer than something is read: a server has room for few', async () => {
    await using source = await place(db, hospital)
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    const items = await inventory(exporter)
    const limits = { bytes: 1 << 30, items: 1000, partBytes: 1 << 20 }
    for await (const shard of exporter.shards(each(items), limits))
      for await (const one of exporter.read(shard, each(items), signal))
        if ('content' in one) await Array.fromAsync(one.content())
    const locks = `SELECT DISTINCT l.relation::regclass::text FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE a.application_name LIKE 'restitute%' AND NOT a.application_name LIKE 'restitute view%' AND l.relation >= 16384`
    expect((await sql(db, source.database, locks)).rows).toEqual([])
    await postgresConnector.release?.(source.spec, exporter.view, signal)
  })

  it('is lost, never another one, when the server was started anew', async () => {
    await using source = await place(db, hospital)
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    await db.restart?.()
    await expect(inventory(exporter)).rejects.toMatchObject({ retryable: true })
    await expect(inventory(exporter)).rejects.toMatchObject({ code: 'source-view-lost' })
  })

  it('ends a statement that takes too long with a clear error', async () => {
    await using source = await place(
      db,
      'CREATE TABLE a(a text); INSERT INTO a SELECT repeat(i::text, 99) FROM generate_series(1, 400000) i',
    )
    const spec = specOf(db, source.database, '?statement_timeout=20ms')
    const exporter = await postgresConnector.freeze(source.spec, signal)
    const hurried = await postgresConnector.join(spec, exporter.view, signal)
    await expect(inventory(hurried)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('statement timeout'),
    })
    await hurried[Symbol.asyncDispose]()
    await exporter[Symbol.asyncDispose]()
    await postgresConnector.release?.(source.spec, exporter.view, signal)
  })

  it('states what row security or missing rights would hide as lost, and never gives fewer rows', async () => {
    await using source = await place(
      db,
      `${hospital}
      ALTER TABLE code ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON code USING (code = 'A1');
      DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN; GRANT SELECT ON code, patient TO narrow`,
    )
    const url = source.spec.url.replace('//postgres@', '//narrow@')
    const exporter = await postgresConnector.freeze({ name: 'lab', url }, signal)
    const items = new Map((await inventory(exporter)).map((item) => [item.id, item]))
    expect(items.get('table/public.code')?.lost).toMatch(/row-level security policy.*42501/)
    expect(items.get('table/public.person')?.lost).toBe('the reading role may not select from it')
    expect(items.get('table/public.patient')).toMatchObject({ count: 900 })
    await exporter[Symbol.asyncDispose]()
    await postgresConnector.release?.({ name: 'lab', url }, exporter.view, signal)
  })
})
