import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import {
  type ExportedPackage,
  exportPackage,
  openSeries,
  type Restoration,
  restoreSource,
} from '../../packages/run/src/index.ts'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { hasMariadb, type SqlServer, startMariadb } from '../services/mariadb.ts'
import { hasMysql, startMysql } from '../services/mysql.ts'
import type { SqlProgram } from '../services/sql-server.ts'
import { openCase, pin } from '../support/case.ts'
import { startRestitute } from '../support/cli.ts'
import { dyingDuring } from '../support/dying.ts'
import { exportFrom, exportOptions, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { available } from '../support/programs.ts'
import { eventually } from '../support/wait.ts'

const servers = [
  ...(available(hasMariadb(), 'mariadbd not found') ? [{ name: 'MariaDB', start: startMariadb }] : []),
  ...(hasMysql() ? [{ name: 'MySQL', start: startMysql }] : []),
]
const { signal } = new AbortController()

// The entries of an account come to its balance, in every moment; ballast makes it some volumes.
const bank = `
  CREATE TABLE account(id INT PRIMARY KEY, balance BIGINT NOT NULL) ENGINE=InnoDB;
  CREATE TABLE entry(id BIGINT AUTO_INCREMENT PRIMARY KEY, account INT, amount BIGINT) ENGINE=InnoDB;
  CREATE TABLE ballast(id INT PRIMARY KEY, filler TEXT) ENGINE=InnoDB;
  INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, 0 FROM n;
  INSERT INTO ballast SELECT a.id * 80 + n.i, REPEAT(LEFT(SHA2(a.id * 80 + n.i, 256), 32), 8) FROM account a,
    (WITH RECURSIVE n(i) AS (SELECT -79 UNION ALL SELECT i + 1 FROM n WHERE i < 0) SELECT i FROM n) n;
  ANALYZE TABLE ballast`

describe.each(servers)('an export of a $name database that does not go well', ({ name: kind, start }) => {
  // What waits for long, or is the same on both, is seen on MariaDB alone.
  const onMariaDb = kind === 'MariaDB' ? [kind] : []
  let server: SqlServer & { readonly program: SqlProgram }
  let keys: Awaited<ReturnType<typeof newKeys>>
  let number = 0

  beforeAll(async () => {
    server = await start()
    keys = await newKeys()
    await run(server, "CREATE USER open@'%'; GRANT ALL ON *.* TO open@'%' WITH GRANT OPTION")
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  const urlOf = (database: string, more = '', { port } = server): string =>
    `mysql://open@127.0.0.1:${port}/${database}${more}`

  async function newBank(): Promise<string> {
    const name = `bank_${++number}`
    await run(server, `CREATE DATABASE ${name}; USE ${name}; ${bank}`)
    return name
  }

  async function restored(done: ExportedPackage): Promise<{ name: string; restoration: Restoration }> {
    const name = `back_${++number}`
    const opener = { privateKeys: [keys.client] }
    const destination = directoryDestination(new URL(done.url).pathname)
    const series = await openSeries([await openPackage(destination)], opener, signal)
    await using held = series
    const restoration = await restoreSource({
      series: held,
      source: 'records',
      target: { name: 'records', url: urlOf(name) },
      connector: await connectorOf(urlOf(name)),
      ...{ compare: true, opener, signal, progress: () => {} },
    })
    return { name, restoration }
  }

  /** Restored equal, and of one single moment. */
  async function expectWhole(done: ExportedPackage): Promise<string> {
    const { name, restoration } = await restored(done)
    expect(restoration.comparison).toMatchObject({ different: 0 })
    expect(await run(server, invariant(name))).toEqual([])
    return name
  }

  const invariant = (name: string): string =>
    `SELECT id FROM ${name}.account a WHERE balance <> (SELECT COALESCE(SUM(amount), 0) FROM ${name}.entry e WHERE e.account = a.id)`

  /** An export; once it has written so much, something happens to it. */
  function exportDuring(
    folder: string,
    url: string,
    happens: () => void | Promise<void>,
    more: Variation = {},
  ): { done: Promise<ExportedPackage>; happened: Promise<void> } {
    const began = Promise.withResolvers<void>()
    const progress = ({ task, doneBytes = 0 }: { task: string; doneBytes?: number }): void => {
      if (task === 'export' && doneBytes > 700_000) began.resolve()
    }
    const done = exportFrom(folder, keys, [{ name: 'records', url, rate: '1MB/s' }], { progress, ...more })
    done.then(() => began.resolve(), began.reject)
    return { done, happened: began.promise.then(happens) }
  }

  const sessionsOn = async (name: string): Promise<unknown[]> =>
    run(
      server,
      `SELECT id FROM information_schema.PROCESSLIST WHERE db = '${name}' AND id <> CONNECTION_ID()`,
    )

  async function expectNoSession(name: string): Promise<void> {
    for (let i = 0; i < 200 && (await sessionsOn(name)).length > 0; i++) await sleep(50)
    expect(await sessionsOn(name)).toEqual([])
  }

  /** Posts to the bank until it is stopped, through restarts of the server, too. */
  function writer(name: string): () => Promise<number> {
    let going = true
    const post = async (): Promise<number> => {
      const connection = await createConnection({
        ...{ host: '127.0.0.1', port: server.port, user: 'open' },
        database: name,
      })
      connection.on('error', () => {})
      let posted = 0
      for (; going; posted++) {
        const [account, amount] = [1 + (posted % 100), 1 + (posted % 7)]
        await connection.beginTransaction()
        await connection.query(`INSERT INTO entry(account, amount) VALUES (${account}, ${amount})`)
        await connection.query(`UPDATE account SET balance = balance + ${amount} WHERE id = ${account}`)
        await connection.commit()
      }
      await connection.end()
      return posted
    }
    const all = (async () => {
      let posted = 0
      while (going) posted += await post().catch(() => 0)
      return posted
    })()
    return () => {
      going = false
      return all
    }
  }

  it('one that is hammered by writers comes back as one single moment', async () => {
    await using folder = await temporaryFolder()
    const name = await newBank()
    const writers = [writer(name), writer(name)]
    const done = await exportFrom(folder.path, keys, [{ name: 'records', url: urlOf(name) }])
    const posted = await Promise.all(writers.map((stop) => stop()))
    expect(Math.min(...posted)).toBeGreaterThan(20)
    expect(done.incomplete).toBe(false)
    const back = await expectWhole(done)
    expect((await run(server, `SELECT 1 FROM ${back}.entry LIMIT 1`)).length).toBe(1)
  })

  it.each([
    [
      'its session is killed',
      async (name: string) => {
        for (const [id] of (await sessionsOn(name)) as number[][])
          await run(server, `KILL CONNECTION ${id}`).catch(() => {})
      },
    ],
    [
      'the server is killed and comes back',
      async () => {
        await server.program.kill()
        await server.program.start()
      },
    ],
  ])(
    'when %s while others write, it begins again, by itself or when run again: one view, nothing mixed',
    async (_, happens) => {
      await using folder = await temporaryFolder()
      const name = await newBank()
      const { done, happened } = exportDuring(folder.path, urlOf(name), async () => {
        await happens(name)
        await run(
          server,
          `USE ${name}; INSERT INTO entry(account, amount) VALUES (1, 5); UPDATE account SET balance = 5 WHERE id = 1`,
        )
      })
      await happened
      // A server that is still starting is unreachable: then the same command is run again.
      const made = done.catch((error: Error & { code?: string }) => {
        if (error.code !== 'source-unreachable') throw error
        return exportFrom(folder.path, keys, [{ name: 'records', url: urlOf(name), rate: '1MB/s' }])
      })
      const whole = await made
      await expectWhole(whole)
      const { manifest } = whole
      expect(manifest.sources[0]?.view).toMatchObject({
        consistency: 'snapshot',
        point: expect.not.stringContaining('continued'),
      })
      await expectNoSession(name)
    },
  )

  it.each(onMariaDb)(
    'when the thread that holds its view ends in the middle of a table, it begins again: one view, nothing mixed',
    async () => {
      await using folder = await temporaryFolder()
      const name = await newBank()
      const { variation, died } = dyingDuring(folder.path, () =>
        run(
          server,
          `USE ${name}; DELETE FROM ballast WHERE id % 2 = 0; INSERT INTO entry(account, amount) VALUES (1, 5); UPDATE account SET balance = 5 WHERE id = 1`,
        ),
      )
      const [done] = await Promise.all([
        exportFrom(folder.path, keys, [{ name: 'records', url: urlOf(name) }], variation),
        died,
      ])
      expect(done.manifest.sources[0]?.view).toMatchObject({
        consistency: 'snapshot',
        point: expect.not.stringContaining('continued'),
      })
      const back = await expectWhole(done)
      expect(await run(server, `SELECT COUNT(*) FROM ${back}.ballast`)).toEqual([['4000']])
      await expectNoSession(name)
    },
  )

  it('cut off, it says so; run again after a change it keeps nothing of the old view', async () => {
    await using folder = await temporaryFolder()
    const name = await newBank()
    await using proxy = await startCuttingProxy(server.port)
    const url = urlOf(name, '', { ...server, port: proxy.port })
    const { done, happened } = exportDuring(folder.path, url, () => proxy.shut(true))
    await Promise.all([
      happened,
      expect(done).rejects.toMatchObject({
        code: 'source-unreachable',
        exit: 4,
        message: expect.stringContaining(name),
      }),
    ])
    await expectNoSession(name)
    proxy.shut(false)
    await run(server, `USE ${name}; DELETE FROM ballast WHERE id % 2 = 0`)
    const again = await exportFrom(folder.path, keys, [{ name: 'records', url, rate: '1MB/s' }])
    expect(again.volumes.reused).toBe(0)
    const back = await expectWhole(again)
    expect(await run(server, `SELECT COUNT(*) FROM ${back}.ballast`)).toEqual([['4000']])
  })

  it.each(onMariaDb)(
    'interrupted, it goes on where it was when nothing has changed, and the manifest says so',
    async () => {
      await using folder = await temporaryFolder()
      const name = await newBank()
      const stop = new AbortController()
      const { done, happened } = exportDuring(folder.path, urlOf(name), () => stop.abort(), {
        signal: stop.signal,
      })
      await Promise.all([happened, expect(done).rejects.toMatchObject({ code: 'interrupted', exit: 130 })])
      await expectNoSession(name)
      const again = await exportFrom(folder.path, keys, [
        { name: 'records', url: urlOf(name), rate: '1MB/s' },
      ])
      expect(again.volumes.reused).toBeGreaterThan(0)
      expect(again.manifest.sources[0]?.view).toMatchObject({
        consistency: 'per-item',
        point: expect.stringContaining(', continued at '),
      })
      await expectWhole(again)
    },
  )

  it.each(onMariaDb)('goes on over three nights on one view, whatever is written by day', async () => {
    await using folder = await temporaryFolder()
    const name = await newBank()
    const today = new Date().setUTCHours(0, 0, 0, 0)
    const clock = { at: new Date(today + 23 * 3_600_000), now: () => clock.at }
    const to = (day: number, hour: number): void => {
      clock.at = new Date(today + (day * 24 + hour) * 3_600_000)
    }
    const seen = { bytes: 0, note: '' }
    const terms = { name: 'records', url: urlOf(name), rate: '300kB/s', window: '22:00-06:00' }
    const done = exportPackage({
      ...exportOptions(folder.path, keys, [terms]),
      at: clock,
      progress: ({ task, doneBytes, note = '' }) => {
        if (task === 'export') Object.assign(seen, { bytes: doneBytes, note })
      },
    })
    done.catch(() => {})
    for (const [night, bytes] of [100_000, 700_000].entries()) {
      await eventually(() => (seen.bytes > bytes ? true : undefined))
      to(night + 1, 12)
      await eventually(() => (seen.note.includes('waits for 22:00-06:00, view held') ? true : undefined))
      await run(
        server,
        `USE ${name}; DELETE FROM ballast WHERE id % 3 = ${night}; INSERT INTO entry(account, amount) VALUES (1, 9)`,
      )
      to(night + 1, 23)
    }
    const made = await done
    expect(made.manifest.sources[0]?.view).toMatchObject({
      consistency: 'snapshot',
      point: expect.not.stringContaining('continued'),
    })
    const back = await expectWhole(made)
    expect(await run(server, `SELECT COUNT(*) FROM ${back}.ballast`)).toEqual([['8000']])
    await expectNoSession(name)
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    '%s leaves no session; the same command then ends well',
    async (kill) => {
      const name = await newBank()
      await using c = await openCase({
        sources: async () => [{ name: 'records', url: urlOf(name), more: 'rate: 1MB/s' }],
      })
      await pin(c)
      const command = ['export', '--dossier', c.dossier, '--as', c.keyFile('operator')]
      const { child, done } = startRestitute(command)
      while ((await sessionsOn(name)).length === 0) await sleep(20)
      await sleep(1000)
      child.kill(kill)
      const { exit } = await done
      expect([-1, 130, 0]).toContain(exit)
      await expectNoSession(name)
      const again = await startRestitute(command).done
      expect(again.exit, again.stderr).toBe(0)
    },
  )

  it('a statement that takes longer than it may is an error with its hint, and no table is lost by it', async () => {
    await using folder = await temporaryFolder()
    const name = await newBank()
    const sources = [{ name: 'records', url: urlOf(name, '?statement_timeout=1ms') }]
    await expect(exportFrom(folder.path, keys, sources)).rejects.toMatchObject({
      code: 'source-unreachable',
      exit: 4,
      hint: expect.stringContaining('statement_timeout'),
    })
    await expectNoSession(name)
  })

  it.each(onMariaDb)('a table that somebody locks is an error with its hint', async () => {
    const name = await newBank()
    const locker = await createConnection({
      host: '127.0.0.1',
      port: server.port,
      user: 'open',
      database: name,
    })
    await locker.query('LOCK TABLES ballast WRITE')
    const connector = await connectorOf(urlOf(name))
    await expect(connector.freeze({ name: 'records', url: urlOf(name) }, signal)).rejects.toMatchObject({
      code: 'source-unreachable',
      hint: expect.stringContaining('holds a lock'),
    })
    await locker.end()
  })
})
