import { createHash } from 'node:crypto'
import type { Exporter, SourceSpec } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { startCuttingProxy } from '../../../test/services/cutting-proxy.ts'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
afterAll(() => server?.[Symbol.asyncDispose]())

// More than the buffers on the way hold, so that the server is still at it when the first part is read.
const ballast = `CREATE TABLE ballast(id integer, filler text);
  INSERT INTO ballast SELECT i, repeat(md5(i::text), 400) FROM generate_series(1, 3000) i`
const readers = "FROM pg_stat_activity WHERE application_name ~ '^restitute [0-9a-f]{8}$'"

async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}

/** Reads the rows, does something once the first part has come; gives their digest. */
async function read(exporter: Exporter, then: () => unknown = () => {}, asked = signal): Promise<string> {
  const items = await Array.fromAsync(exporter.inventory(asked))
  const rows = items.findIndex(({ id }) => id === 'table/public.ballast') + 1
  const shard = { id: '000001', first: rows, last: rows, bytes: 0, slice: { partBytes: 256 * 1024 } }
  const hash = createHash('sha256')
  let first = true
  for await (const entry of exporter.read(shard, each(items.slice(rows - 1, rows)), asked)) {
    if ('lost' in entry) throw new Error(`lost: ${entry.lost}`)
    hash.update(`${entry.path}\n`)
    for await (const bytes of entry.content()) hash.update(bytes)
    if (first) await then()
    first = false
  }
  return hash.digest('hex')
}

describe.skipIf(!server)('a reader of a view', () => {
  const db = server as NonNullable<typeof server>

  async function frozen(): Promise<
    { spec: SourceSpec; exporter: Exporter; database: string } & AsyncDisposable
  > {
    const { spec, database, ...source } = await place(db, ballast)
    const exporter = await postgresConnector.freeze(spec, signal)
    return {
      ...{ spec, exporter, database },
      [Symbol.asyncDispose]: async () => {
        await exporter[Symbol.asyncDispose]()
        await postgresConnector.release?.(spec, exporter.view, signal)
        await source[Symbol.asyncDispose]()
      },
    }
  }

  it('whose session is killed says so, and reads on in the same view', async () => {
    await using source = await frozen()
    const whole = await read(source.exporter)
    await sql(db, source.database, 'DELETE FROM ballast WHERE id % 2 = 0')
    const kill = () => sql(db, 'postgres', `SELECT pg_terminate_backend(pid, 5000) ${readers}`)
    await expect(read(source.exporter, kill)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringMatching(/terminating connection.*57P01|terminated unexpectedly/),
    })
    expect(await read(source.exporter)).toBe(whole)
  })

  it('that is cut off says so, and reads on in the same view once the way is open again', async () => {
    await using source = await frozen()
    await using proxy = await startCuttingProxy(db.port)
    const far = specOf({ ...db, port: proxy.port }, source.database)
    await using reader = await postgresConnector.join(far, source.exporter.view, signal)
    const whole = await read(reader)
    await expect(read(reader, () => proxy.shut(true))).rejects.toMatchObject({ code: 'source-unreachable' })
    await expect(read(reader)).rejects.toMatchObject({ code: 'source-unreachable', retryable: true })
    proxy.shut(false)
    expect(await read(reader)).toBe(whole)
  })

  it('loses the view with its holder, and says so', async () => {
    await using source = await frozen()
    const holder = "FROM pg_stat_activity WHERE application_name LIKE 'restitute view %'"
    await sql(db, 'postgres', `SELECT pg_terminate_backend(pid, 5000) ${holder}`)
    await expect(read(source.exporter)).rejects.toMatchObject({ code: 'source-view-lost' })
    await sql(db, 'postgres', `SELECT pg_terminate_backend(pid, 5000) ${readers}`)
    await expect(read(source.exporter)).rejects.toMatchObject({ code: 'source-view-lost' })
  })

  it('answers an interruption within moments although the server does not answer any more', async () => {
    await using source = await frozen()
    await using proxy = await startCuttingProxy(db.port)
    const far = specOf({ ...db, port: proxy.port }, source.database)
    await using reader = await postgresConnector.join(far, source.exporter.view, signal)
    const stop = new AbortController()
    const silence = (): void => {
      proxy.silence()
      setTimeout(() => stop.abort(), 100)
    }
    await expect(read(reader, silence, stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('ends a COPY that takes too long with the server’s reason, and never with a part of the rows', async () => {
    await using source = await frozen()
    const hurried = specOf(db, source.database, '?statement_timeout=1s')
    await using reader = await postgresConnector.join(hurried, source.exporter.view, signal)
    const wait = () => new Promise((resolve) => setTimeout(resolve, 1500))
    await expect(read(reader, wait)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('statement timeout (57014)'),
      hint: expect.stringContaining('statement_timeout'),
    })
  })

  it('states no large object as lost that takes too long to sum, which passes with more time', async () => {
    await using source = await frozen()
    await sql(
      db,
      source.database,
      `SELECT lo_create(4711);
       SELECT lowrite(fd, 'x') FROM (SELECT fd FROM (SELECT lo_open(4711, 131072) AS fd) o, LATERAL lo_lseek64(fd, 4000000000, 0)) o`,
    )
    const hurried = specOf(db, source.database, '?statement_timeout=1s')
    await using exporter = await postgresConnector.freeze(hurried, signal)
    await expect(Array.fromAsync(exporter.inventory(signal))).rejects.toMatchObject({
      code: 'source-unreachable',
      hint: expect.stringContaining('statement_timeout'),
    })
    await postgresConnector.release?.(hurried, exporter.view, signal)
  })

  it('leaves no session behind, whenever it is left', async () => {
    await using source = await frozen()
    const stop = new AbortController()
    await expect(read(source.exporter, () => stop.abort(), stop.signal)).rejects.toMatchObject({
      code: 'interrupted',
    })
    for (;;) {
      const { rows } = await sql(db, 'postgres', `SELECT state ${readers}`)
      if (rows.length === 0) break
    }
  })

  it('is told that the server has no connection left', async () => {
    await using source = await frozen()
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} CONNECTION LIMIT 0; CREATE ROLE plain LOGIN`)
    const url = source.spec.url.replace('//postgres@', '//plain@')
    await expect(postgresConnector.freeze({ name: 'lab', url }, signal)).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('53300'),
      hint: expect.stringContaining('no connection left'),
    })
  })
})
