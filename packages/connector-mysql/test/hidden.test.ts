import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { hasMysql, startMysql } from '../../../test/services/mysql.ts'
import type { SqlServer } from '../../../test/services/sql-server.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { run, specOf } from './support.ts'

/* What the server leaves out of its lists for an account is lost, and not silently so: it goes with the database in the end. */

const servers = [
  ...(available(hasMariadb(), 'mariadbd not found') ? [{ name: 'MariaDB', start: startMariadb }] : []),
  ...(hasMysql() ? [{ name: 'MySQL', start: startMysql }] : []),
]
const { signal } = new AbortController()
const all = 'SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE'

describe.each(servers)('a reader on $name', ({ name, start }) => {
  let server: SqlServer
  beforeAll(async () => {
    server = await start()
    await run(
      server,
      `CREATE DATABASE a_ward; CREATE DATABASE abward; CREATE TABLE a_ward.seen(a INT); CREATE TABLE a_ward.hidden(a INT);
       CREATE TRIGGER a_ward.t BEFORE INSERT ON a_ward.seen FOR EACH ROW SET NEW.a = 1;
       CREATE EVENT a_ward.e ON SCHEDULE EVERY 1 DAY DO SELECT 1; CREATE PROCEDURE a_ward.p() SELECT 1`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  /** Of what there is, what is missing, and what is said to be. */
  async function read(grants: string): Promise<{ missing: string[]; said: string[] }> {
    await run(server, `DROP USER IF EXISTS reader; DROP ROLE IF EXISTS ward; CREATE ROLE ward`)
    await run(server, `CREATE USER reader IDENTIFIED BY 'r'; ${grants}`)
    const spec = specOf({ ...server, user: 'reader', password: 'r' }, 'a_ward')
    await using exporter = await mysqlConnector.freeze(spec, signal)
    const found = await Array.fromAsync(exporter.inventory(signal))
    const ids = found.map(({ id }) => id)
    const there = ['table/seen', 'table/hidden', 'trigger/t', 'event/e', 'procedure/p']
    const kinds = new Set(['tables', 'triggers', 'events', 'routines'])
    return {
      missing: there.filter((id) => !ids.includes(id)),
      said: found.filter(({ id, lost }) => kinds.has(id) && lost !== undefined).map(({ id }) => id),
    }
  }

  it.each([
    [
      'on one table',
      `GRANT ${all.replace(/, EV.*/, '')} ON a_ward.seen TO reader`,
      ['events', 'routines', 'tables', 'triggers'],
    ],
    ['to select alone', 'GRANT SELECT ON a_ward.* TO reader', ['events', 'routines', 'triggers']],
    ['that lack one', `GRANT ${all.replace('EVENT, ', '')} ON a_ward.* TO reader`, ['events']],
    [
      'of two patterns, of which the nearer one counts',
      `GRANT SELECT ON \`a_ward\`.* TO reader; GRANT ${all} ON \`a%\`.* TO reader`,
      ['events', 'routines', 'triggers'],
    ],
  ])('is told what there may be that rights %s hide', async (_, grants, kinds) => {
    const { missing, said } = await read(grants)
    expect(said).toEqual(kinds)
    expect(missing.length).toBeGreaterThan(0)
  })

  it.each([
    ['on the database', `GRANT ${all} ON a_ward.* TO reader`],
    ['on its name as a pattern', `GRANT ${all} ON \`a\\_ward\`.* TO reader`],
    ['on a pattern of names', `GRANT ${all} ON \`a_w%\`.* TO reader`],
    ['on the server', `GRANT ${all} ON *.* TO reader`],
    ['all', 'GRANT ALL ON a_ward.* TO reader'],
    [
      'by a role',
      `GRANT ${all} ON a_ward.* TO ward; GRANT ward TO reader; SET DEFAULT ROLE ward ${name === 'MySQL' ? 'TO' : 'FOR'} reader`,
    ],
  ])('with rights %s is told nothing of the kind', async (_, grants) => {
    expect(await read(grants)).toEqual({ missing: [], said: [] })
  })

  it.each(name === 'MySQL' ? ['OFF'] : [])(
    'from whom a right on this database was taken back is told so, and names are no patterns there (%s after)',
    async (before) => {
      await run(server, 'SET GLOBAL partial_revokes=ON')
      const taken = `GRANT ${all} ON *.* TO reader; REVOKE EVENT ON a_ward.* FROM reader`
      expect((await read(taken)).said).toEqual(['events'])
      const literal = `GRANT SELECT ON a_ward.* TO reader; GRANT ${all} ON \`a_w%\`.* TO reader`
      expect((await read(literal)).said).toEqual(['events', 'routines', 'triggers'])
      await run(server, `DROP USER reader; SET GLOBAL partial_revokes=${before}`)
    },
  )
})
