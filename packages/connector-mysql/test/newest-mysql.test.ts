import { afterAll, describe, expect, it } from 'vitest'
import { hasMysql, mysqlServers } from '../../../test/services/mysql.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, knownOf, restored, streamOf } from './carry.ts'
import { withoutMariadb } from './mysql-client.ts'
import { run, specOf } from './support.ts'

const { signal } = new AbortController()

describe.each(await mysqlServers())('what MySQL has had since version 9', (server) => {
  afterAll(() => server[Symbol.asyncDispose]())
  const differences = async (database: string, known: ReturnType<typeof knownOf>): Promise<string[]> => {
    const found = mysqlConnector.compare(specOf(server, database), streamOf(known), signal)
    return (await Array.fromAsync(found)).map(({ item }) => item)
  }

  /** Exported, rebuilt beside it by ours and by the client alone, equal; then the change is seen. */
  async function carried(database: string, change: string, changed: readonly string[]): Promise<void> {
    const from = await exported(mysqlConnector, specOf(server, database))
    expect(from.losses).toEqual([])
    const known = knownOf(from).filter(({ id }) => !id.startsWith('account/'))
    expect(await restored(mysqlConnector, specOf(server, `${database}_ours`), from)).toEqual([])
    {
      using _path = hasMysql() ? withoutMariadb() : undefined
      expect(await rebuiltByClient(from, server, `${database}_client`)).toEqual([])
    }
    await run(server, change, `${database}_ours`)
    expect(await differences(`${database}_ours`, known)).toEqual(changed)
  }

  it('comes back equal: a view that is a JSON document for each row', async () => {
    await run(
      server,
      `CREATE DATABASE of_dual; USE of_dual; CREATE TABLE t(id int PRIMARY KEY, b varchar(10)); INSERT INTO t VALUES (1, 'x');
       CREATE JSON DUALITY VIEW each_one AS SELECT JSON_DUALITY_OBJECT(WITH (UPDATE) '_id': id, 'b': b) FROM t`,
    )
    const other = `CREATE OR REPLACE JSON DUALITY VIEW each_one AS SELECT JSON_DUALITY_OBJECT('_id': id, 'b': b) FROM t`
    await carried('of_dual', other, ['view/each_one'])
    expect(await run(server, 'SELECT * FROM of_dual_client.each_one')).toMatchObject([[{ b: 'x' }]])
  })

  it('comes back equal: a library, and a function that uses it', async () => {
    await run(
      server,
      `CREATE DATABASE libs; USE libs; CREATE LIBRARY plus COMMENT 'one more' LANGUAGE JAVASCRIPT AS $$ export function f(n) { return n + 1 } $$;
       SET sql_mode = 'ANSI_QUOTES'; CREATE LIBRARY \`of é\` LANGUAGE JAVASCRIPT AS 'export function g() { return "é" }';
       CREATE FUNCTION more(n INTEGER) RETURNS INTEGER DETERMINISTIC LANGUAGE JAVASCRIPT USING (plus AS p, \`of é\`) AS $$ return p.f(n) $$`,
    )
    await carried('libs', 'DROP FUNCTION more; DROP LIBRARY plus', ['function/more', 'library/plus'])
    const uses = await run(server, 'SHOW CREATE FUNCTION more', 'libs_client')
    expect(String(uses[0]?.[2])).toMatch(/USING \("libs_client"\."plus" AS "p", ?"libs_client"\."of é"/)
  })
})
