import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exporter, Item } from '@restitute/core'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCuttingProxy } from '../../../test/services/cutting-proxy.ts'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { hasMysql, startMysql } from '../../../test/services/mysql.ts'
import type { SqlProgram } from '../../../test/services/sql-server.ts'
import { available } from '../../../test/support/programs.ts'
import { beginTogether } from '../src/begin.ts'
import { mysqlConnector } from '../src/index.ts'
import { locationOf } from '../src/location.ts'
import { disposeAll, Session } from '../src/session.ts'
import { exported, restored, streamOf } from './carry.ts'
import { run, specOf } from './support.ts'

const servers = [
  ...(available(hasMariadb(), 'mariadbd not found') ? [{ name: 'MariaDB', start: startMariadb }] : []),
  ...(hasMysql() ? [{ name: 'MySQL', start: startMysql }] : []),
]
const { signal } = new AbortController()

// Two accounts' tables whose sum never changes, and a list of the transfers between them.
const bank = `
  CREATE DATABASE bank; USE bank;
  CREATE TABLE a(id INT PRIMARY KEY, cents BIGINT NOT NULL) ENGINE=InnoDB;
  CREATE TABLE b LIKE a;
  CREATE TABLE transfer(n INT AUTO_INCREMENT PRIMARY KEY, id INT, cents INT, note VARCHAR(200)) ENGINE=InnoDB;
  INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 1000 FROM n; INSERT INTO b SELECT * FROM a;
  CREATE DATABASE slow; CREATE TABLE slow.wide(id INT PRIMARY KEY, t LONGTEXT) ENGINE=InnoDB;
  INSERT INTO slow.wide WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i, REPEAT(SHA2(i, 512), 500) FROM n`

describe.each(servers)('a database of $name that lives', ({ name, start }) => {
  let server: SqlServer & { readonly program: SqlProgram }
  beforeAll(async () => {
    server = await start()
    await run(server, bank)
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  it('comes out as one moment while others write to it', async () => {
    const writers = [1, 2].map((seed) => writer(server, seed))
    await sleep(300)
    const carried = await exported(mysqlConnector, specOf(server, 'bank'), 16 * 1024)
    const written = await Promise.all(writers.map((stop) => stop()))
    expect(Math.min(...written)).toBeGreaterThan(10)
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(server, 'moment'), carried)).toEqual([])
    const [[sum, moved, listed] = []] = await run(
      server,
      `SELECT (SELECT SUM(cents) FROM moment.a) + (SELECT SUM(cents) FROM moment.b),
              900000 - (SELECT SUM(cents) FROM moment.a), (SELECT SUM(cents) FROM moment.transfer)`,
    )
    expect(sum).toBe('1800000')
    expect(moved).toBe(listed)
    expect(Number(listed)).toBeGreaterThan(0)
  })

  it.each(name === 'MariaDB' && availableParallelism() > 1 ? [name] : [])(
    'is in the same moment for all sessions that read it',
    async () => {
      const writers = [1, 2].map((seed) => writer(server, seed))
      await sleep(300)
      const location = locationOf(specOf(server, 'bank'))
      for (let i = 0; i < 20; i++) {
        const first = await Session.open(location, signal, 'bank')
        const all = [first, ...(await beginTogether(first, signal))]
        const newest = all.map((one) => one.texts('SELECT MAX(n), COUNT(*) FROM transfer', signal))
        expect(new Set((await Promise.all(newest)).map(String)).size).toBe(1)
        expect(all.length).toBeGreaterThan(1)
        await disposeAll(all)
      }
      await Promise.all(writers.map((stop) => stop()))
    },
  )

  it('loses its view, and says so, when the network is cut, and leaves no session', async () => {
    await using cut = await proxy(server)
    const { exporter, items } = await frozen({ ...server, port: cut.port }, 'slow')
    await expect(readAll(exporter, items, () => cut.cut())).rejects.toMatchObject({
      code: 'source-view-lost',
    })
    await exporter[Symbol.asyncDispose]()
    await untilNoSession(server, 'slow')
  })

  it('ends a statement that it cannot have the server end, when the network is gone in the middle of it', async () => {
    await using gone = await startCuttingProxy(server.port)
    const { exporter, items } = await frozen({ ...server, port: gone.port }, 'slow')
    const stop = new AbortController()
    const interrupt = (): void => {
      gone.silence()
      gone.refuse()
      stop.abort()
    }
    const reading = readAll(exporter, items, interrupt, stop.signal)
    await expect(reading).rejects.toMatchObject({ code: 'interrupted' })
    await exporter[Symbol.asyncDispose]()
    gone.shut(true)
    await untilNoSession(server, 'slow')
  })

  it.each(['first', 'last'])('loses its view, and says so, when its %s session is killed', async (which) => {
    const { exporter, items } = await frozen(server, 'slow')
    const kill = async (): Promise<void> => {
      const open = await run(
        server,
        "SELECT id FROM information_schema.PROCESSLIST WHERE db = 'slow' ORDER BY id",
      )
      await run(server, `KILL ${Number(open.at(which === 'first' ? 0 : -1))}`)
    }
    await expect(readAll(exporter, items, kill)).rejects.toMatchObject({ code: 'source-view-lost' })
    await exporter[Symbol.asyncDispose]()
  })

  it('says so, too, when the session was killed while nobody was reading', async () => {
    const { exporter, items } = await frozen(server, 'slow')
    const open = await run(server, "SELECT id FROM information_schema.PROCESSLIST WHERE db = 'slow'")
    for (const [id] of open) await run(server, `KILL ${Number(id)}`)
    await untilNoSession(server, 'slow')
    await sleep(200)
    await expect(readAll(exporter, items, () => {})).rejects.toMatchObject({ code: 'source-view-lost' })
    await exporter[Symbol.asyncDispose]()
  })

  it('interrupted in the middle of a long statement, ends at once and leaves no session', async () => {
    const stop = new AbortController()
    const { exporter, items } = await frozen(server, 'slow')
    await expect(readAll(exporter, items, () => stop.abort(), stop.signal)).rejects.toMatchObject({
      code: 'interrupted',
    })
    await exporter[Symbol.asyncDispose]()
    await untilNoSession(server, 'slow')
  })

  it('interrupted, ends within moments although the server does not answer any more', async () => {
    await using silent = await startCuttingProxy(server.port)
    const stop = new AbortController()
    const { exporter, items } = await frozen({ ...server, port: silent.port }, 'slow')
    const silence = (): void => {
      silent.silence()
      setTimeout(() => stop.abort(), 100)
    }
    await expect(readAll(exporter, items, silence, stop.signal)).rejects.toMatchObject({
      code: 'interrupted',
    })
    await exporter[Symbol.asyncDispose]()
  })

  it('loses its view when the server restarts; a new view reads it whole', async () => {
    const { exporter, items } = await frozen(server, 'slow')
    const restart = async (): Promise<void> => {
      await server.program.kill()
      await server.program.start()
    }
    await expect(readAll(exporter, items, restart)).rejects.toMatchObject({ code: 'source-view-lost' })
    await exporter[Symbol.asyncDispose]()
    const carried = await exported(mysqlConnector, specOf(server, 'slow'))
    expect(await restored(mysqlConnector, specOf(server, 'again'), carried)).toEqual([])
  })
})

/** Moves cents to and fro until it is stopped; tells how often it did. */
function writer(server: SqlServer, seed: number): () => Promise<number> {
  let going = true
  const work = (async () => {
    const { host, port, user, password } = server
    const connection = await createConnection({ host, port, user, password, database: 'bank' })
    let done = 0
    for (; going; done++) {
      const id = ((done * 7919 * seed) % 900) + 1
      await connection.beginTransaction()
      await connection.query(`UPDATE a SET cents = cents - ${seed} WHERE id = ${id}`)
      await connection.query(
        `INSERT INTO transfer(id, cents, note) VALUES (${id}, ${seed}, REPEAT('x', 150))`,
      )
      await connection.query(`UPDATE b SET cents = cents + ${seed} WHERE id = ${id}`)
      await connection.commit()
    }
    await connection.end()
    return done
  })()
  return () => {
    going = false
    return work
  }
}

async function frozen(server: SqlServer, database: string): Promise<{ exporter: Exporter; items: Item[] }> {
  const exporter = await mysqlConnector.freeze(specOf(server, database), signal)
  return { exporter, items: await Array.fromAsync(exporter.inventory(signal)) }
}

/** Reads everything; does something to it once the first part of a table has come. */
async function readAll(
  exporter: Exporter,
  items: readonly Item[],
  once: () => void | Promise<void>,
  asked: AbortSignal = signal,
): Promise<void> {
  let first = true
  // Small enough that two sessions read, where there are two.
  const limits = { bytes: 8 << 20, items: 100, partBytes: 1 << 20 }
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    for await (const entry of exporter.read(
      shard,
      streamOf(items.slice(shard.first - 1, shard.last)),
      asked,
    )) {
      if (!first || !('path' in entry) || !entry.path.endsWith('.csv')) continue
      first = false
      await once()
    }
  }
}

async function untilNoSession(server: SqlServer, database: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const open = await run(server, `SELECT id FROM information_schema.PROCESSLIST WHERE db = '${database}'`)
    if (open.length === 0) return
    await sleep(50)
  }
  throw new Error(`a session on ${database} was left behind`)
}

/** A way to the server that can be cut. */
async function proxy(to: SqlServer): Promise<AsyncDisposable & { port: number; cut(): void }> {
  const sockets: Socket[] = []
  const server: Server = createServer((near) => {
    const far = connect(to.port, to.host)
    sockets.push(near, far)
    for (const socket of [near, far]) socket.on('error', () => {})
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    [Symbol.asyncDispose]: async () => cut(),
  }
}
