import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import type { Rehearsal } from '../../packages/manifest/src/index.ts'
import { type SqlServer, sqlServer } from '../services/mariadb.ts'
import { mysqlServers } from '../services/mysql.ts'
import { type PostgresServer, startPostgres, systemPrograms } from '../services/postgres.ts'
import { openCase, pin } from '../support/case.ts'
import { restitute, startRestitute } from '../support/cli.ts'

const programs = systemPrograms()
const found = programs === undefined ? undefined : await startPostgres()

/** Stays that refer to wards, in many tables, so that a sample leaves out some of both. */
const schema = `
  CREATE TABLE patient(id int PRIMARY KEY, name text NOT NULL);
  INSERT INTO patient SELECT i, 'P' || i FROM generate_series(1, 2000) i;
  DO $$ BEGIN FOR i IN 1..12 LOOP
    EXECUTE format('CREATE TABLE ward_%s(id int PRIMARY KEY, name text)', i);
    EXECUTE format('INSERT INTO ward_%s SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 500) n', i);
    EXECUTE format('CREATE TABLE stay_%s(id int PRIMARY KEY, ward int NOT NULL REFERENCES ward_%s, note text)', i, i);
    EXECUTE format('INSERT INTO stay_%s SELECT n, 1 + n %% 500, repeat(md5(n::text), 20) FROM generate_series(1, 500) n', i);
  END LOOP; END $$;`

/** Its index takes very long to build in a database that is being rebuilt, and the role says so. */
const slowWhereRebuilt = `
  CREATE FUNCTION slowly(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
    IF current_database() ~ '^restitute_' AND current_setting('restitute.slow', true) = 'yes' THEN PERFORM pg_sleep(600); END IF;
    RETURN $1; END$$;
  CREATE TABLE patient(id int, name text); INSERT INTO patient VALUES (1, 'Ann'); CREATE INDEX ON patient (slowly(id))`

describe.skipIf(!found)('a rehearsal of a PostgreSQL database', () => {
  const server = found as PostgresServer
  const url = (database: string): string =>
    `postgres://${server.user}@${server.host}:${server.port}/${database}`
  const sql = (database: string, input: string): string =>
    execFileSync(
      join(programs ?? '', 'psql'),
      [
        '-h',
        server.host,
        '-p',
        String(server.port),
        '-U',
        server.user,
        '-Atq',
        '-v',
        'ON_ERROR_STOP=1',
        database,
      ],
      { input, encoding: 'utf8' },
    )

  beforeAll(() => {
    sql('postgres', 'CREATE DATABASE hospital; CREATE DATABASE spare; CREATE DATABASE somebodys')
    sql('hospital', schema)
    sql('somebodys', 'CREATE TABLE kept(a int); INSERT INTO kept VALUES (1)')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function report(target: string | undefined): Promise<{ exit: number; report: Rehearsal }> {
    await using c = await openCase({
      sources: async () => [{ name: 'records', url: url('hospital') }],
      contract: (yaml) =>
        target === undefined
          ? yaml
          : `${yaml}rehearsal: { targets: [{ source: records, url: "${url(target)}" }] }\n`,
    })
    await pin(c)
    const { exit, json } = await rehearse(c.as('operator'), { sources: [], sample: '20%', workers: 2 })
    const read = JSON.parse(await readFile(json['report'] as string, 'utf8')) as Rehearsal
    return { exit, report: read }
  }

  it('builds its sample on the target without foreign keys, compares it, and destroys what it built', async () => {
    const { exit, report: r } = await report('spare')
    expect(r.failures).toEqual([])
    expect(exit).toBe(0)
    const [source] = r.sources
    expect(source?.restored).toMatchObject({ different: 0 })
    expect(source?.restored?.items).toBe(source?.drawn.items)
    expect(r.destroyed).toContainEqual(expect.objectContaining({ copy: 'restored records', state: 'absent' }))
    expect(sql('postgres', `SELECT count(*) FROM pg_database WHERE datname = 'spare'`).trim()).toBe('0')
  })

  it('of a killed rehearsal no copy stays on the server once the next one is through', async () => {
    await using c = await openCase({
      sources: async () => [{ name: 'records', url: url('hospital') }],
      contract: (yaml) => `${yaml}rehearsal: { targets: [{ source: records, url: "${url('rebuilt')}" }] }\n`,
    })
    await pin(c)
    const args = ['rehearse', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--sample', '20%']
    const { child, done } = startRestitute(args)
    let said = ''
    child.stderr?.on('data', (some: Buffer) => {
      said += some.toString()
      if (said.includes('doing it harm')) child.kill('SIGKILL')
    })
    expect((await done).exit).toBe(-1)
    const copies = `SELECT datname FROM pg_database WHERE datname = 'rebuilt' OR datname LIKE 'restitute%'`
    expect(sql('postgres', copies).trim()).toBe('rebuilt')
    const { exit, stderr } = await restitute(args)
    expect(stderr).toContain(`${url('rebuilt')} is gone`)
    expect(exit).toBe(0)
    expect(sql('postgres', copies).trim()).toBe('')
  })

  it('of one killed while it restores what it has loaded is not called gone, and the next one drops it', async () => {
    const somebodys = 'restitute_0123456789ab'
    sql('postgres', `CREATE DATABASE slow; CREATE DATABASE ${somebodys}`)
    sql('slow', slowWhereRebuilt)
    await using c = await openCase({
      sources: async () => [{ name: 'records', url: url('slow') }],
      contract: (yaml) => `${yaml}rehearsal: { targets: [{ source: records, url: "${url('never')}" }] }\n`,
    })
    await pin(c)
    const args = ['rehearse', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--sample', '100%']
    const copies = `SELECT datname FROM pg_database WHERE datname ~ '^restitute_'`
    sql('postgres', `ALTER ROLE ${server.user} SET restitute.slow = 'yes'`)
    const { child, done } = startRestitute(args)
    while (sql('postgres', `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`) === '')
      await sleep(50)
    child.kill('SIGKILL')
    expect((await done).exit).toBe(-1)
    sql('postgres', `ALTER ROLE ${server.user} RESET restitute.slow`)
    expect(sql('postgres', copies)).toMatch(/^restitute_[0-9a-f]{12}-/m)
    const { exit, stderr } = await restitute(args)
    expect(stderr).toContain(`${url('never')} may be there still, patients' data in clear (it was not whole`)
    expect(exit).toBe(0)
    expect(sql('postgres', copies)).toBe(`${somebodys}\n`)
    sql('postgres', `DROP DATABASE ${somebodys}`)
  })

  it('without a target says that it was not rebuilt', async () => {
    const { report: r } = await report(undefined)
    expect(r.failures).toEqual([])
    expect(r.sources[0]?.notRestored).toContain('names no target')
  })

  it('a target that holds something is somebody’s: neither written to nor destroyed', async () => {
    const { exit, report: r } = await report('somebodys')
    expect(exit).toBe(1)
    expect(r.failures.map(({ step, code }) => [step, code])).toEqual([['restore', 'target-not-empty']])
    expect(sql('somebodys', 'SELECT a FROM kept').trim()).toBe('1')
  })
})

const [mariadb, mysql] = [await sqlServer(), await mysqlServers()]

describe.skipIf(!mariadb)('a rehearsal of a MariaDB or MySQL database', () => {
  rehearsed(mariadb as SqlServer)
})
describe.each(mysql)('a rehearsal of a MySQL database', (server) => {
  rehearsed(server)
})

function rehearsed(server: SqlServer): void {
  const url = (database: string): string => `mysql://${server.user}@${server.host}:${server.port}/${database}`
  const pairs = Array.from({ length: 8 }, (_, i) => {
    const rows = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)'
    return `CREATE TABLE ward_${i}(id INT PRIMARY KEY, name TEXT) ENGINE=InnoDB;
      INSERT INTO ward_${i} ${rows} SELECT i, repeat(sha2(i, 256), 20) FROM n;
      CREATE TABLE stay_${i}(id INT PRIMARY KEY, ward INT NOT NULL, note TEXT, FOREIGN KEY(ward) REFERENCES ward_${i}(id)) ENGINE=InnoDB;
      INSERT INTO stay_${i} ${rows} SELECT i, i, repeat(sha2(i, 256), 20) FROM n;`
  })

  beforeAll(async () => {
    process.env['MYSQL_REHEARSAL_SECRET'] = server.password
    await run(server, `CREATE DATABASE hospital; CREATE DATABASE spare; USE hospital; ${pairs.join('\n')}`)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('builds its sample on the target, compares it, and destroys what it built', async () => {
    const secret = 'secret: "env:MYSQL_REHEARSAL_SECRET"'
    await using c = await openCase({
      sources: async () => [{ name: 'records', url: url('hospital'), more: secret }],
      contract: (yaml) =>
        `${yaml}rehearsal: { targets: [{ source: records, url: "${url('spare')}", ${secret} }] }\n`,
    })
    await pin(c)
    const { json } = await rehearse(c.as('operator'), { sources: [], sample: '20%', workers: 2 })
    const r = JSON.parse(await readFile(json['report'] as string, 'utf8')) as Rehearsal
    expect(r.failures).toEqual([])
    expect(r.sources[0]?.restored).toMatchObject({ different: 0, items: r.sources[0]?.drawn.items })
    expect(r.destroyed).toContainEqual(expect.objectContaining({ copy: 'restored records', state: 'absent' }))
  })
}
