import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
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
