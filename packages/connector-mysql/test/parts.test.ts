import { areAmong, type Parts, type Sighting } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { hasMysql, startMysql } from '../../../test/services/mysql.ts'
import type { SqlProgram, SqlServer } from '../../../test/services/sql-server.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { run, specOf } from './support.ts'

const servers = [
  ...(available(hasMariadb(), 'mariadbd not found') ? [{ name: 'MariaDB', start: startMariadb }] : []),
  ...(hasMysql() ? [{ name: 'MySQL', start: startMysql }] : []),
]
const { signal } = new AbortController()

describe.each(servers)('the tables of a database on $name', ({ start }) => {
  let server: SqlServer & { readonly program: SqlProgram }
  beforeAll(async () => {
    server = await start()
    // MySQL writes the letters of its name otherwise, as those of the next ones, but it does not tell how.
    await run(server, 'CREATE DATABASE `Ünä`; CREATE TABLE `Ünä`.theirs(a INT) ENGINE=InnoDB')
    await run(server, "CREATE DATABASE elsewhere; CREATE USER blind IDENTIFIED BY 'p'")
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  async function partsOf(database: string): Promise<Parts | undefined> {
    await using destroyer = await mysqlConnector.destroyer(specOf(server, database), signal)
    return destroyer.parts
  }
  async function look(database: string, user = server.user, password = server.password): Promise<Sighting> {
    await using prober = await mysqlConnector.prober(specOf({ ...server, user, password }, database), signal)
    return await prober.look(signal)
  }
  const areElsewhere = async (parts: Parts | undefined, database: string): Promise<boolean> =>
    areAmong(parts ?? {}, (await look(database)).otherParts ?? {})

  it.each(['plain', 'a-b', "it's", 'a/b@c', '中 文', 'Ünï', 'Ünö', 'a.Ü/b'])(
    'of the name %s are known again in another one, over a restart, and not in their own',
    async (database) => {
      const name = `\`${database}\``
      await run(
        server,
        `CREATE DATABASE ${name}; CREATE TABLE ${name}.\`of/it\`(a INT) ENGINE=InnoDB;
         CREATE TABLE elsewhere.between(a INT) ENGINE=InnoDB; CREATE TABLE ${name}.more(a INT) ENGINE=InnoDB`,
      )
      const parts = await partsOf(database)
      expect(parts?.numbers).toHaveLength(2)
      expect(await areElsewhere(parts, database)).toBe(false)
      await run(server, `RENAME TABLE ${name}.more TO elsewhere.renamed; DROP DATABASE ${name}`)
      await server.program.kill()
      await server.program.start()
      expect(await areElsewhere(parts, database)).toBe(true)
      await run(server, 'DROP TABLE elsewhere.renamed, elsewhere.between; CREATE TABLE elsewhere.late(a INT)')
      expect(await areElsewhere(parts, database)).toBe(false)
      await run(server, 'DROP TABLE elsewhere.late')
    },
  )

  it.each([
    [
      'a partition that is exchanged',
      'ALTER TABLE lab.parted EXCHANGE PARTITION p0 WITH TABLE elsewhere.empty',
    ],
    ['a table with a search index', 'RENAME TABLE lab.searched TO elsewhere.searched'],
    ['a MyISAM table', 'RENAME TABLE lab.old TO elsewhere.older'],
    ['a CSV table', 'RENAME TABLE lab.listed TO elsewhere.lists'],
  ])('are known again: %s', async (_, move) => {
    await run(
      server,
      `DROP DATABASE elsewhere; CREATE DATABASE elsewhere; CREATE TABLE elsewhere.empty(a INT) ENGINE=InnoDB; CREATE DATABASE lab;
       CREATE TABLE lab.parted(a INT) ENGINE=InnoDB PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (9));
       CREATE TABLE lab.searched(a TEXT, FULLTEXT (a)) ENGINE=InnoDB; CREATE TABLE lab.old(a INT) ENGINE=MyISAM;
       CREATE TABLE lab.listed(a INT NOT NULL) ENGINE=CSV; INSERT INTO lab.parted VALUES (1)`,
    )
    const parts = await partsOf('lab')
    expect(await areElsewhere(parts, 'lab')).toBe(false)
    await run(server, move)
    expect(await areElsewhere(parts, 'lab')).toBe(true)
    await run(server, 'DROP DATABASE lab')
  })

  it('are not looked for by an account that could not see them, which says so', async () => {
    await run(server, 'CREATE DATABASE seen; GRANT SELECT ON seen.* TO blind')
    const { state, otherParts, looked } = await look('seen', 'blind', 'p')
    expect([state, otherParts]).toEqual(['present', {}])
    expect(looked).toEqual(
      expect.arrayContaining([
        'InnoDB tables and partitions in other databases: not visible without PROCESS',
        'tables of other engines in other databases: not visible without a right on all tables',
      ]),
    )
    await run(server, 'GRANT PROCESS, REFERENCES ON *.* TO blind')
    expect((await look('seen', 'blind', 'p')).otherParts).toMatchObject({
      numbers: expect.anything(),
      marks: expect.anything(),
    })
  })
})
