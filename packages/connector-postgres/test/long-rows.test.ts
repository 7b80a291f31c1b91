import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Exporter } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { each, roundTripped } from './carry.ts'
import { place, signal, sql } from './support.ts'

const server = await startPostgres('system')
const folder = mkdtempSync(join(tmpdir(), 'restitute-long-rows-'))
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.[Symbol.asyncDispose]()
})

// Parts in these tests are of 256 KiB; between the long rows are short ones, and one that is long in each of two columns.
const scans = `CREATE TABLE scans(id integer PRIMARY KEY, image bytea, report text);
  ALTER TABLE scans ALTER image SET STORAGE EXTERNAL, ALTER report SET STORAGE EXTERNAL;
  INSERT INTO scans VALUES (1, 'short', 'short'), (2, decode(repeat(md5('2'), 400000), 'hex'), NULL),
    (3, NULL, repeat(E'"é\\\\N\\n', 300000)), (4, '', ''),
    (5, decode(repeat(md5('5'), 30000), 'hex'), repeat(md5('text'), 30000)), (6, 'last', NULL)`
const huge = `CREATE TABLE huge(image bytea);
  ALTER TABLE huge ALTER image SET STORAGE EXTERNAL;
  INSERT INTO huge SELECT decode(repeat(md5('7'), 4000000), 'hex')`

describe.skipIf(!server)('rows longer than a part', () => {
  const db = server as NonNullable<typeof server>

  it('are files of their own, and come back equal, by restore and by psql alone', async () => {
    await using source = await place(db, scans)
    const { entries } = await roundTripped(db, source.database, join(folder, 'bag'))
    const sizes = entries.filter(({ path }) => /scans.*csv$/.test(path)).map(({ size }) => size)
    expect(sizes.filter((size) => size > 256 * 1024)).toHaveLength(3)
    expect(sizes).toHaveLength(6)
    for (const copy of ['ours', 'psql']) await sql(db, 'postgres', `DROP DATABASE ${source.database}_${copy}`)
  })

  it.each([
    ['a killed session', 'source-unreachable', () => sql(db, 'postgres', killing).then(() => {})],
    ['an interruption', 'interrupted', async (stop: AbortController) => stop.abort()],
  ])(
    'are not held as a whole; %s in the middle of one is %s, and leaves no session',
    async (_, code, then) => {
      await using source = await place(db, huge)
      const exporter = await postgresConnector.freeze(source.spec, signal)
      const stop = new AbortController()
      const begun = async (): Promise<void> => {
        // Else the whole row would be on this side by now.
        await expect.poll(() => sessions('COPY%')).toEqual(['ClientWrite'])
        await then(stop)
      }
      await expect(readHuge(exporter, begun, stop.signal)).rejects.toMatchObject({ code })
      await expect.poll(() => sessions('%')).toEqual([])
      await exporter[Symbol.asyncDispose]()
      await postgresConnector.release?.(source.spec, exporter.view, signal)
    },
  )

  /** What our readers are waiting for. */
  async function sessions(query: string): Promise<string[]> {
    const { rows } = await sql(db, 'postgres', `SELECT wait_event ${readers} AND query LIKE '${query}'`)
    return rows.map((row) => row.wait_event)
  }
})

const readers = "FROM pg_stat_activity WHERE application_name ~ '^restitute [0-9a-f]{8}$'"
const killing = `SELECT pg_terminate_backend(pid, 5000) ${readers}`

/** Reads the row of `huge`, a part of 128 MB; does something once its first bytes have come. */
async function readHuge(exporter: Exporter, begun: () => Promise<void>, asked: AbortSignal): Promise<void> {
  const items = await Array.fromAsync(exporter.inventory(signal))
  const at = items.findIndex(({ id }) => id === 'table/public.huge') + 1
  const shard = { id: '000001', first: at, last: at, bytes: 0, slice: { partBytes: 256 * 1024 } }
  for await (const entry of exporter.read(shard, each(items.slice(at - 1, at)), asked)) {
    if ('lost' in entry) throw new Error(entry.lost)
    let taken = 0
    for await (const { length } of entry.content()) {
      if (taken === 0 && entry.size > 1e8) await begun()
      taken += length
    }
    expect(taken).toBe(entry.size)
  }
}
