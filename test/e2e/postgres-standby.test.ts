import { afterAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import { openSeries, restoreSource } from '../../packages/run/src/index.ts'
import { startPostgres, startStandby } from '../services/postgres.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'

const primary = await startPostgres('system')
const standby = primary?.folder === undefined ? undefined : await startStandby(primary)
const keys = await newKeys()
const { signal } = new AbortController()
afterAll(async () => {
  await standby?.[Symbol.asyncDispose]()
  await primary?.[Symbol.asyncDispose]()
})

describe.skipIf(!standby)('a standby whose replay is paused', () => {
  const [source, copy] = [primary, standby] as [NonNullable<typeof primary>, NonNullable<typeof standby>]

  it('is one point for as long as the pause lasts: an export that was stopped goes on there', async () => {
    await using folder = await temporaryFolder()
    await sql(source, 'postgres', 'CREATE DATABASE lab')
    await sql(
      source,
      'lab',
      'CREATE TABLE ballast(id integer PRIMARY KEY, filler text); INSERT INTO ballast SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 8000) i',
    )
    await caughtUp()
    await sql(copy, 'postgres', 'SELECT pg_wal_replay_pause()')
    await until(copy, "SELECT pg_get_wal_replay_pause_state() = 'paused' AS yes")
    const sources = [{ name: 'lab', url: specOf(copy, 'lab').url }]
    const stop = new AbortController()
    const progress = ({ task, doneBytes }: { task: string; doneBytes?: number }): void => {
      if (task === 'export' && (doneBytes ?? 0) > 700_000) stop.abort()
    }
    const stopped = exportFrom(folder.path, keys, sources, { signal: stop.signal, progress })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
    await sql(source, 'lab', 'DELETE FROM ballast WHERE id % 2 = 0')
    expect(
      (
        await sql(
          copy,
          'postgres',
          "SELECT FROM pg_stat_activity WHERE application_name LIKE 'restitute view%'",
        )
      ).rows,
    ).toEqual([])

    const done = await exportFrom(folder.path, keys, sources)
    expect(done.volumes.reused).toBeGreaterThan(0)
    expect(done.manifest.sources[0]?.view).toMatchObject({
      consistency: 'snapshot',
      point: expect.stringMatching(/^standby paused at LSN [0-9A-F/]+, snapshot [\d:,]+$/),
    })
    const opened = await openPackage(directoryDestination(done.url.replace('directory:', '')))
    const opener = { privateKeys: [keys.client] }
    await using series = await openSeries([opened], opener, signal)
    const target = specOf(source, 'restored')
    const connector = await connectorOf(target.url)
    const o = { series, source: 'lab', target, connector, compare: true, opener, signal }
    expect((await restoreSource(o)).comparison).toMatchObject({ different: 0 })
    expect((await sql(source, 'restored', 'SELECT count(*)::int AS n FROM ballast')).rows).toEqual([
      { n: 8000 },
    ])
  })

  it('that has gone on is another view, and the old one is lost', async () => {
    const connector = await connectorOf('postgres://x@y/z')
    const spec = specOf(copy, 'lab')
    await using exporter = await connector.freeze(spec, signal)
    await sql(source, 'lab', 'TRUNCATE ballast')
    await sql(copy, 'postgres', 'SELECT pg_wal_replay_resume()')
    await caughtUp()
    // Its session is in the view still, and would see an empty table there.
    await expect(Array.fromAsync(exporter.inventory(signal))).rejects.toMatchObject({
      code: 'source-view-lost',
    })
    await expect(connector.join(spec, exporter.view, signal)).rejects.toMatchObject({
      code: 'source-view-lost',
    })
  })

  async function caughtUp(): Promise<void> {
    const { rows } = await sql(source, 'postgres', 'SELECT pg_current_wal_lsn() AS lsn')
    await until(copy, `SELECT pg_last_wal_replay_lsn() >= '${(rows[0] as { lsn: string }).lsn}' AS yes`)
  }
})

async function until(server: NonNullable<typeof standby>, question: string): Promise<void> {
  while (!((await sql(server, 'postgres', question)).rows[0] as { yes: boolean }).yes);
}
