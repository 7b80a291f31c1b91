import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import { hasMariadb, startMariadb } from '../services/mariadb.ts'
import { hasMysql, startMysql } from '../services/mysql.ts'
import type { SqlProgram, SqlServer } from '../services/sql-server.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { cut, destroyingBy } from '../support/cut-destruction.ts'
import { available } from '../support/programs.ts'

/* Tables that somebody moves into another database, as whoever renames one does, are not gone with their own. */

const servers = [
  ...(available(hasMariadb(), 'mariadbd not found') ? [{ name: 'MariaDB', start: startMariadb }] : []),
  ...(hasMysql() ? [{ name: 'MySQL', start: startMysql }] : []),
]

const moved = expect.stringMatching(/under another name$/) as string
const unseen = expect.stringMatching(/moved into another database cannot be seen$/) as string

describe.each(servers)('a $name database whose destruction is cut', ({ start }) => {
  let server: SqlServer & { readonly program: SqlProgram }
  beforeAll(async () => {
    server = await start()
    process.env['MYSQL_TEST_MOVED'] = server.password
    await run(
      server,
      `CREATE USER few@'127.0.0.1' IDENTIFIED BY '${server.password}'; GRANT SELECT, DROP ON lab.* TO few@'127.0.0.1';
       CREATE USER half@'127.0.0.1' IDENTIFIED BY '${server.password}'; GRANT SELECT, DROP ON lab.* TO half@'127.0.0.1';
       GRANT PROCESS ON *.* TO half@'127.0.0.1'`,
    )
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())
  beforeEach(() =>
    run(
      server,
      `DROP DATABASE IF EXISTS lab; DROP DATABASE IF EXISTS kept; CREATE DATABASE lab; CREATE DATABASE kept;
       CREATE TABLE lab.value(x INT) ENGINE=InnoDB; INSERT INTO lab.value VALUES (1);
       CREATE TABLE kept.theirs(x INT) ENGINE=InnoDB;
       CREATE TABLE lab.night(x INT) ENGINE=InnoDB PARTITION BY HASH (x) PARTITIONS 2; INSERT INTO lab.night VALUES (1), (2)`,
    ),
  )

  const ready = async (user = server.user): Promise<{ c: Case; confirm: readonly string[] }> => {
    const url = `mysql://${user}@${server.host}:${server.port}/lab`
    const c = await openCase({
      sources: async () => [{ name: 'lab', url, more: 'secret: "env:MYSQL_TEST_MOVED"' }],
    })
    return { c, confirm: await makeReady(c) }
  }
  const again = (c: Case, confirm: readonly string[]): ReturnType<typeof destroy> =>
    destroy(c.as('operator'), { execute: true, see: false, confirm })

  const expectNotGone = async (c: Case, confirm: readonly string[], words: string): Promise<void> => {
    const refused = again(c, confirm)
    await expect(refused).rejects.toMatchObject({ code: 'source-unreachable', message: words })
    expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
    const { exit, json } = await certify(c.as('verifier'), {})
    const limits = expect.arrayContaining([words]) as string[]
    expect(json).toMatchObject({ probed: [{ copy: 'lab', state: 'could-not-check', limits }] })
    expect(exit).toBe(5)
  }
  const expectCertified = async (c: Case, confirm: readonly string[]): Promise<void> => {
    const { exit, lines } = await again(c, confirm)
    expect(exit, lines.join('\n')).toBe(0)
    const { json } = await certify(c.as('verifier'), {})
    expect(json).toMatchObject({ status: 'final' })
  }

  it('is not gone while its tables lie in another one', async () => {
    const { c, confirm } = await ready()
    await using _c = c
    const rename = 'RENAME TABLE lab.value TO kept.value, lab.night TO kept.night_2; DROP DATABASE lab'
    await cut(c, confirm, () => run(server, rename))
    await expectNotGone(c, confirm, moved)
    await run(server, 'CREATE DATABASE lab; RENAME TABLE kept.value TO lab.value, kept.night_2 TO lab.night')
    await expectCertified(c, confirm)
  })

  it('is not destroyed further while one of its tables lies in another one', async () => {
    const { c, confirm } = await ready()
    await using _c = c
    await cut(c, confirm, () => run(server, 'RENAME TABLE lab.night TO kept.night'))
    await server.program.kill()
    await server.program.start()
    await expectNotGone(c, confirm, moved)
    expect(await run(server, 'SELECT * FROM lab.value')).toHaveLength(1)
    await run(server, 'DROP TABLE kept.night; CREATE TABLE kept.more(x INT) ENGINE=InnoDB')
    await expectCertified(c, confirm)
  })

  it('is not gone either where these are MyISAM ones, which have no number', async () => {
    await run(server, 'CREATE TABLE lab.old(x INT) ENGINE=MyISAM; INSERT INTO lab.old VALUES (1)')
    const { c, confirm } = await ready()
    await using _c = c
    await cut(c, confirm, () => run(server, 'RENAME TABLE lab.old TO kept.of_lab; DROP DATABASE lab'))
    await expectNotGone(c, confirm, moved)
    await run(server, 'CREATE DATABASE lab; RENAME TABLE kept.of_lab TO lab.old')
    await expectCertified(c, confirm)
  })

  it('is not taken for gone by accounts that could not see them there', async () => {
    const { c, confirm } = await ready('few')
    await using _c = c
    await cut(c, confirm, () => run(server, 'DROP DATABASE lab'))
    await expectNotGone(c, confirm, unseen)
  })

  it('nor, where it has MyISAM tables, by those that see numbers alone', async () => {
    await run(server, 'CREATE TABLE lab.old(x INT) ENGINE=MyISAM; INSERT INTO lab.old VALUES (1)')
    const { c, confirm } = await ready('half')
    await using _c = c
    await cut(c, confirm, () => run(server, 'DROP DATABASE lab'))
    await expectNotGone(c, confirm, unseen)
  })

  it('is compared as a whole where such accounts run it again', async () => {
    const { c, confirm } = await ready('few')
    await using _c = c
    await cut(c, confirm, () => run(server, 'RENAME TABLE lab.night TO kept.night'))
    await expect(again(c, confirm)).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
    await run(server, 'RENAME TABLE kept.night TO lab.night')
    await expectCertified(c, confirm)
  })

  it('is not begun where tables were moved before, or all of them', async () => {
    const { c, confirm } = await ready()
    await using _c = c
    await run(server, 'RENAME TABLE lab.night TO kept.night')
    await expect(again(c, confirm)).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
    await run(server, 'RENAME TABLE lab.value TO kept.value; DROP DATABASE lab')
    const guards = expect.arrayContaining(['tenant']) as string[]
    await expect(again(c, confirm)).rejects.toMatchObject({ details: { guards } })
    expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
  })

  it('fails where a table was moved between the last look and the drop', async () => {
    const { c, confirm } = await ready()
    await using _c = c
    const session = c.as('operator')
    const connectorOf = destroyingBy(
      session.connectorOf,
      (real) =>
        async function* (signal) {
          await run(server, 'RENAME TABLE lab.night TO kept.night')
          yield* real.destroy(signal)
        },
    )
    const { exit, json } = await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
    expect([exit, json]).toMatchObject([1, { copies: [{ copy: 'lab', result: 'failed' }] }])
    await expectNotGone(c, confirm, moved)
  })
})
