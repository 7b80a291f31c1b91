import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { hospital, place, signal, specOf, sql } from './support.ts'

const server = await startPostgres('system')
afterAll(() => server?.[Symbol.asyncDispose]())

describe.skipIf(!server)('the destruction of a database', () => {
  const db = server as NonNullable<typeof server>

  async function connected(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: db.host, port: db.port, user: db.user, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }

  async function looked(url: string) {
    await using prober = await postgresConnector.prober({ name: 'lab', url }, signal)
    return await prober.look(signal)
  }

  it('takes slots and roles with it, under the feet of whoever is connected, and is seen by a role that may do nothing', async () => {
    await using source = await place(
      db,
      `${hospital}; CREATE ROLE ward LOGIN; CREATE ROLE "night shift" LOGIN; CREATE ROLE looker LOGIN;
       ALTER TABLE patient OWNER TO ward; GRANT SELECT ON code TO "night shift"; GRANT ward TO "night shift"`,
    )
    await sql(db, source.database, "SELECT pg_create_logical_replication_slot('lab_events', 'test_decoding')")
    await sql(db, source.database, "BEGIN; DELETE FROM code; PREPARE TRANSACTION 'left ''over'")
    const away =
      "CREATE SUBSCRIPTION away CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)"
    await sql(db, source.database, away)
    const spec = specOf(db, source.database, `?roles=ward,night%20shift`)
    const url = spec.url.replace('//postgres@', '//looker@')
    const others = [await connected(source.database), await connected(source.database)]
    await others[0]?.query('BEGIN; LOCK TABLE patient')
    const before = await looked(url)
    expect(before).toMatchObject({ state: 'present', identity: 'role looker' })
    await using destroyer = await postgresConnector.destroyer(spec, signal)
    expect(before.fingerprint).toBe(destroyer.fingerprint)
    for (const { limits } of [before, destroyer.method])
      expect(limits).toContainEqual(
        expect.stringMatching(/logs .*pg_stat_statements.* statements with values/),
      )
    const planned = await Array.fromAsync(destroyer.plan(signal))
    expect(planned.map(({ action, object }) => `${action} ${object}`)).toEqual([
      'drop subscription away',
      "roll back prepared transaction left 'over",
      'drop replication slot lab_events',
      `drop database ${source.database}`,
      'drop role night shift',
      'drop role ward',
    ])
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual(planned)
    expect(await Array.fromAsync(destroyer.destroy(signal))).toEqual([])
    const after = await looked(url)
    expect(after.state).toBe('absent')
    expect(after.fingerprint).toBeUndefined()
    expect(after.looked).toEqual([
      `pg_database ${source.database}: absent`,
      `pg_replication_slots ${source.database}: absent`,
      `pg_stat_activity ${source.database}: absent`,
      'pg_roles ward: absent',
      'pg_roles night shift: absent',
    ])
    await Promise.all(others.map((client) => client.end().catch(() => {})))
  })

  it.each([
    ['rows', 'INSERT INTO code SELECT * FROM code LIMIT 0; UPDATE patient SET name = name'],
    ['a large object', "SELECT lo_from_bytea(0, 'late')"],
    ['a definition', 'CREATE VIEW late AS SELECT 1'],
  ])(
    'is not begun where somebody wrote %s since it was opened; it is begun anew after that',
    async (_, late) => {
      await using source = await place(db, hospital)
      const writer = await connected(source.database)
      await writer.query('SELECT 1')
      {
        await using destroyer = await postgresConnector.destroyer(source.spec, signal)
        await writer.query(late)
        await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
          code: 'destroy-failed',
          message: expect.stringContaining('somebody wrote to it'),
          details: { untouched: true },
        })
      }
      await using again = await postgresConnector.destroyer(source.spec, signal)
      await sql(db, source.database, 'ANALYZE')
      expect(await Array.fromAsync(again.destroy(signal))).toHaveLength(1)
      await writer.end().catch(() => {})
    },
  )

  it('is not begun where somebody prepared a transaction since it was opened, which it would roll back', async () => {
    await using source = await place(db, hospital)
    await using destroyer = await postgresConnector.destroyer(source.spec, signal)
    await sql(
      db,
      source.database,
      `BEGIN; UPDATE patient SET name = name; PREPARE TRANSACTION '${source.database}'`,
    )
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      details: { untouched: true },
    })
    await using again = await postgresConnector.destroyer(source.spec, signal)
    const steps = await Array.fromAsync(again.destroy(signal))
    expect(steps.map(({ action }) => action)).toEqual(['roll back prepared transaction', 'drop database'])
  })

  it('stops, and says why, at a role that another database knows too; the database is gone, the role is seen', async () => {
    await using source = await place(
      db,
      'CREATE TABLE a(a integer); CREATE ROLE shared LOGIN; ALTER TABLE a OWNER TO shared',
    )
    await using other = await place(db, 'CREATE TABLE b(b integer); ALTER TABLE b OWNER TO shared')
    const spec = specOf(db, source.database, '?roles=shared')
    await using destroyer = await postgresConnector.destroyer(spec, signal)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('2BP01'),
      hint: expect.stringContaining('another database'),
    })
    expect((await looked(spec.url)).looked).toEqual(
      expect.arrayContaining([`pg_database ${source.database}: absent`, 'pg_roles shared: 1 present']),
    )
    expect((await sql(db, other.database, 'SELECT b FROM b')).rows).toEqual([])
  })

  it.each([
    ['a group that another database knows', 'far', 'GRANT SELECT ON b TO far'],
    ['a group that may connect to another one', 'far', 'GRANT CONNECT ON DATABASE postgres TO far'],
    ["a role of the server's own", 'pg_read_all_data', ''],
  ])('does not begin when a role works elsewhere through %s', async (_, group, granted) => {
    await using source = await place(
      db,
      `CREATE TABLE a(a integer); CREATE ROLE far; CREATE ROLE middle; CREATE ROLE through LOGIN; GRANT SELECT ON a TO through, far;
       GRANT ${group} TO middle; GRANT middle TO through`,
    )
    await using other = await place(db, `CREATE TABLE b(b integer); ${granted}`)
    await using destroyer = await postgresConnector.destroyer(
      specOf(db, source.database, '?roles=through'),
      signal,
    )
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining(`drop the role through`),
      hint: expect.stringContaining('roles='),
    })
    expect((await sql(db, source.database, 'SELECT a FROM a')).rows).toEqual([])
    for (const { database } of [source, other])
      await sql(db, database, 'REVOKE CONNECT ON DATABASE postgres FROM far; DROP OWNED BY far, through')
    await sql(db, 'postgres', 'DROP ROLE far, middle, through')
  })

  it('drops a role whose groups know this database alone', async () => {
    await using source = await place(
      db,
      'CREATE TABLE a(a integer); CREATE ROLE near; CREATE ROLE inside LOGIN; GRANT SELECT ON a TO near; GRANT near TO inside',
    )
    await sql(db, 'postgres', `GRANT CONNECT ON DATABASE ${source.database} TO near`)
    await using destroyer = await postgresConnector.destroyer(
      specOf(db, source.database, '?roles=inside'),
      signal,
    )
    const done = await Array.fromAsync(destroyer.destroy(signal))
    expect(done.map(({ action }) => action)).toEqual(['drop database', 'drop role'])
  })

  it('is not begun where it cannot be seen any more whether somebody wrote to it', async () => {
    await using source = await place(db, hospital)
    await using destroyer = await postgresConnector.destroyer(source.spec, signal)
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} ALLOW_CONNECTIONS false`)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'source-unreachable',
    })
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} ALLOW_CONNECTIONS true`)
    expect(await Array.fromAsync(destroyer.destroy(signal))).toHaveLength(1)
  })

  it('is refused when another database has taken the name', async () => {
    await using source = await place(db, 'CREATE TABLE a(a integer)')
    await using destroyer = await postgresConnector.destroyer(source.spec, signal)
    await sql(db, 'postgres', `ALTER DATABASE ${source.database} RENAME TO moved`)
    await sql(db, 'postgres', `CREATE DATABASE ${source.database}`)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('got another database'),
    })
    expect((await sql(db, 'moved', 'SELECT a FROM a')).rows).toEqual([])
  })

  it('cannot be called done by a prober that does not get in', async () => {
    await using source = await place(db, 'CREATE TABLE a(a integer)')
    const { state } = await looked(source.spec.url.replace('//postgres@', '//nobody_knows@'))
    expect(state).toBe('could-not-check')
  })
})
