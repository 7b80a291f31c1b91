import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import {
  type ExportedPackage,
  exportPackage,
  openSeries,
  restoreSource,
} from '../../packages/run/src/index.ts'
import { startPostgres } from '../services/postgres.ts'
import { openCase } from '../support/case.ts'
import { startRestitute } from '../support/cli.ts'
import { dyingDuring } from '../support/dying.ts'
import { exportFrom, exportOptions, newKeys, temporaryFolder } from '../support/export.ts'
import { eventually } from '../support/wait.ts'

const server = await startPostgres('system')
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }
const { signal } = new AbortController()
afterAll(() => server?.[Symbol.asyncDispose]())

// The sum over both tables never changes; the ballast makes some dozen shards.
const bank = `CREATE TABLE a(id integer PRIMARY KEY, cents bigint); INSERT INTO a SELECT i, 1000 FROM generate_series(1, 100) i;
  CREATE TABLE b AS TABLE a; CREATE TABLE ballast(id integer, filler text);
  INSERT INTO ballast SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 8000) i`
const transfer =
  'UPDATE a SET cents = cents - 7; UPDATE b SET cents = cents + 7; DELETE FROM ballast WHERE id % 3 = 0'
const readers = "FROM pg_stat_activity WHERE application_name ~ '^restitute [0-9a-f]{8}$'"
const holders = "FROM pg_stat_activity WHERE application_name LIKE 'restitute view %'"

describe.skipIf(!server)('an export of a PostgreSQL database', () => {
  const db = server as NonNullable<typeof server>

  async function newDatabase(name: string): Promise<void> {
    await sql(db, 'postgres', `CREATE DATABASE ${name}`)
    await sql(db, name, bank)
  }

  async function count(what: string): Promise<number> {
    return (await sql(db, 'postgres', `SELECT 1 ${what}`)).rows.length
  }

  /** Restored, it is the moment before anything was written. */
  async function expectFirstMoment(done: ExportedPackage, target: string): Promise<void> {
    expect(done.manifest.sources[0]?.view.consistency).toBe('snapshot')
    expect(done.manifest.sources[0]?.view.point).not.toContain('continued')
    const opened = await openPackage(directoryDestination(done.url.replace('directory:', '')))
    await using series = await openSeries([opened], opener, signal)
    const spec = specOf(db, target)
    const connector = await connectorOf(spec.url)
    const o = { series, source: 'lab', target: spec, connector, compare: true, opener, signal }
    expect((await restoreSource(o)).comparison).toMatchObject({ different: 0 })
    const moment =
      'SELECT (SELECT sum(cents)::int FROM a) AS a, (SELECT sum(cents)::int FROM b) AS b, (SELECT count(*)::int FROM ballast) AS n'
    expect((await sql(db, target, moment)).rows).toEqual([{ a: 100_000, b: 100_000, n: 8000 }])
  }

  it('goes over several nights on one view, while the days write', async () => {
    await using folder = await temporaryFolder()
    await newDatabase('nights')
    const terms = { name: 'lab', url: specOf(db, 'nights').url, rate: '500kB/s', window: '22:00-06:00' }
    // The view is taken at the machine's time.
    const today = new Date().setUTCHours(0, 0, 0, 0)
    const at = (night: number, hours: number): Date => new Date(today + (24 * night + hours) * 3_600_000)
    const clock = { at: at(0, 23), now: () => clock.at }
    let [note, volumes] = ['', 0]
    const done = exportPackage({
      ...exportOptions(folder.path, keys, [terms]),
      at: clock,
      progress: (report) => {
        note = report.note ?? ''
      },
    })
    const written = async (): Promise<number> =>
      (await readdir(join(folder.path, 'out/R1-0001/volumes')).catch(() => [])).length
    for (const night of [1, 2]) {
      await eventually(async () => ((await written()) > volumes + 1 ? true : undefined))
      clock.at = at(night, 12)
      await eventually(() => (note.includes('view held for') ? true : undefined))
      // What is in hand is finished.
      for (volumes = -1; volumes !== (await written()); await sleep(1200)) volumes = await written()
      await sql(db, 'nights', transfer)
      expect(await count(holders)).toBe(1)
      clock.at = at(night, 23)
    }
    await expectFirstMoment(await done, 'nights_restored')
    expect([await count(readers), await count(holders)]).toEqual([0, 0])
  })

  it('goes on in its view when the session of one worker is killed', async () => {
    await using folder = await temporaryFolder()
    await newDatabase('killed')
    let killed: Promise<unknown> | undefined
    const progress = ({ task, doneBytes }: { task: string; doneBytes?: number }): void => {
      if (task !== 'export' || (doneBytes ?? 0) < 500_000 || killed) return
      killed = sql(db, 'killed', transfer).then(() =>
        sql(db, 'postgres', `SELECT pg_terminate_backend(pid, 5000) ${readers} LIMIT 1`),
      )
    }
    const terms = { name: 'lab', url: specOf(db, 'killed').url, rate: '800kB/s' }
    const done = await exportFrom(folder.path, keys, [terms], { progress })
    expect(killed).toBeDefined()
    await expectFirstMoment(done, 'killed_restored')
  })

  it('goes on in its view when one of its threads ends in the middle of a table', async () => {
    await using folder = await temporaryFolder()
    await newDatabase('thread')
    const { variation, died } = dyingDuring(folder.path, () => sql(db, 'thread', transfer))
    const [done] = await Promise.all([
      exportFrom(folder.path, keys, [{ name: 'lab', url: specOf(db, 'thread').url }], variation),
      died,
    ])
    expect(done.manifest.measurements.some(({ retries }) => retries > 0)).toBe(true)
    await expectFirstMoment(done, 'thread_restored')
    expect([await count(readers), await count(holders)]).toEqual([0, 0])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'ended by %s leaves the holder alone, which the next run releases',
    async (how) => {
      const name = `ended_${how.toLowerCase()}`
      await newDatabase(name)
      const more = 'rate: 500kB/s, workers: 2'
      await using c = await openCase({
        sources: async () => [{ name: 'lab', url: specOf(db, name).url, more }],
      })
      const run = () => startRestitute(['export', '--dossier', c.dossier, '--as', c.keyFile('operator')])
      const first = run()
      await eventually(async () => ((await count(readers)) > 0 && (await copying(name)) ? true : undefined))
      expect(await count(`FROM pg_stat_activity WHERE datname = '${name}'`)).toBeLessThanOrEqual(3)
      first.child.kill(how)
      if (how !== 'SIGKILL') first.child.kill(how)
      expect((await first.done).exit).toBe(how === 'SIGKILL' ? -1 : 130)
      await eventually(async () => ((await count(readers)) === 0 ? true : undefined))
      expect(await count(holders)).toBe(1)
      await sql(db, name, transfer)
      const { exit, stdout } = await run().done
      expect({ exit, stdout }).toMatchObject({ exit: 0 })
      expect(await count("FROM pg_stat_activity WHERE application_name LIKE 'restitute%'")).toBe(0)
    },
  )

  async function copying(name: string): Promise<boolean> {
    return (await count(`FROM pg_stat_activity WHERE datname = '${name}' AND query LIKE 'COPY%'`)) > 0
  }
})
