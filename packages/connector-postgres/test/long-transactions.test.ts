import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { place, signal, sql } from './support.ts'

const newest = await startPostgres('newest')
afterAll(() => newest?.[Symbol.asyncDispose]())

describe.skipIf(!newest)('a server that ends long transactions (17 and later)', () => {
  it('leaves those of an export alone', async () => {
    const db = newest as NonNullable<typeof newest>
    await using source = await place(db, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} SET transaction_timeout = '500ms'`)
    await using exporter = await postgresConnector.freeze(source.spec, signal)
    await sleep(1500)
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(items.find(({ id }) => id === 'table/public.t')?.count).toBe(1)
    await exporter[Symbol.asyncDispose]()
    {
      await using joined = await postgresConnector.join(source.spec, exporter.view, signal)
      expect(await Array.fromAsync(joined.inventory(signal))).toEqual(items)
    }
    await postgresConnector.release?.(source.spec, exporter.view, signal)
  })
})
