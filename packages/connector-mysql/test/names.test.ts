import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('names', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  // As the French have them: nom de l'hôpital.
  it('with an apostrophe do not tie a copy to the name that its database had', async () => {
    await run(source, 'CREATE DATABASE ward')
    await run(
      source,
      `CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1; CREATE SEQUENCE s;
       CREATE TABLE t(\`l'âge\` INT, id INT DEFAULT nextval(s), note VARCHAR(40) DEFAULT 'it''s'); INSERT INTO t(\`l'âge\`) VALUES (40);
       CREATE VIEW v AS SELECT \`l'âge\` AS \`âge de l'enfant\`, f(\`l'âge\`) AS \`l'an prochain\`, 'd''un' AS x FROM t`,
      'ward',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'ward'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
    for (const name of ['ours', 'byhand'])
      expect(await run(target, "SELECT `l'an prochain` FROM v", name)).toEqual([[41]])
  })
})

describe.runIf(present)('a server that turns names to small letters', () => {
  it('has one database of a name, however it is written, and an export of it that is equal', async () => {
    await using server = await startMariadb(['--lower-case-table-names=1'])
    await run(
      server,
      'CREATE DATABASE Clinic; CREATE TABLE Clinic.Stay(a INT); INSERT INTO Clinic.Stay VALUES (1)',
    )
    const fingerprints: string[] = []
    for (const name of ['clinic', 'Clinic', 'CLINIC']) {
      await using exporter = await mysqlConnector.freeze(specOf(server, name), new AbortController().signal)
      fingerprints.push(exporter.view.fingerprint)
    }
    expect(new Set(fingerprints).size).toBe(1)
    const carried = await exported(mysqlConnector, specOf(server, 'CLINIC'))
    expect(carried.losses).toEqual([])
    await run(server, 'CREATE DATABASE back')
    expect(await restored(mysqlConnector, specOf(server, 'back'), carried)).toEqual([])
  })

  it('is named before anything is made, with what to do', async () => {
    await using source = await startMariadb()
    await using target = await startMariadb(['--lower-case-table-names=1'])
    await run(source, 'CREATE DATABASE small; CREATE TABLE small.t(a INT); CREATE DATABASE large')
    const small = await exported(mysqlConnector, specOf(source, 'small'))
    expect(await restored(mysqlConnector, specOf(target, 'small'), small)).toEqual([])
    await run(source, 'CREATE TABLE Patients(a INT); INSERT INTO Patients VALUES (1)', 'large')
    const large = await exported(mysqlConnector, specOf(source, 'large'))
    await expect(restored(mysqlConnector, specOf(target, 'large'), large)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('Patients') as string,
      hint: expect.stringContaining('lower_case_table_names=0') as string,
    })
    expect(await run(target, "SHOW DATABASES LIKE 'large'")).toEqual([])
  })
})

describe.runIf(present)('a large table in a charset that Unicode may not say whole', () => {
  let source: SqlServer

  withTwoServers((one) => {
    source = one
  })

  it('is looked at once for that, not once for each of its slices', async () => {
    await run(
      source,
      `CREATE DATABASE eastern; USE eastern; CREATE TABLE eastern.t(id INT PRIMARY KEY, name VARCHAR(90) CHARACTER SET latin2);
       INSERT INTO eastern.t SELECT seq, REPEAT('x', 80) FROM seq_1_to_3000; ANALYZE TABLE eastern.t; SET GLOBAL log_output = 'TABLE', general_log = 1`,
    )
    const { entries } = await exported(mysqlConnector, specOf(source, 'eastern'), 64 * 1024)
    expect(entries.filter(({ path }) => /slice-\d+\/000001/.test(path)).length).toBeGreaterThan(3)
    const looked = "SELECT COUNT(*) FROM mysql.general_log WHERE argument LIKE 'SELECT MAX(NOT%'"
    expect(await run(source, looked)).toEqual([['1']])
  })
})
