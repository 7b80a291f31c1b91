import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('tables of other engines', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('of ARCHIVE, which takes no row below its counter, come back with their rows', async () => {
    for (const server of [source, target]) await run(server, "INSTALL SONAME 'ha_archive'")
    await run(source, 'CREATE DATABASE audit')
    await run(
      source,
      `CREATE TABLE log(id INT AUTO_INCREMENT PRIMARY KEY, t TEXT) ENGINE=ARCHIVE; INSERT INTO log VALUES (5, 'a'), (NULL, ') ENGINE=x AUTO_INCREMENT=1');
       CREATE TABLE fresh(id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=ARCHIVE AUTO_INCREMENT=100`,
      'audit',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'audit'))
    expect(carried.losses).toEqual([])
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
  })

  it('that lie in folders of their own on the disks of the server come back where the copy has its others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restitute-mariadb-'))
    const places = `DATA DIRECTORY='${folder}'`
    await run(source, 'CREATE DATABASE placed')
    await run(
      source,
      `CREATE TABLE a(a INT) ENGINE=InnoDB ${places}; CREATE TABLE b(a INT) ENGINE=MyISAM ${places} INDEX DIRECTORY='${folder}'; INSERT INTO b VALUES (1);
       CREATE TABLE c(a INT) PARTITION BY HASH(a) (PARTITION p0 ${places}, PARTITION p1 ${places}); INSERT INTO c VALUES (1), (2)`,
      'placed',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'placed'))
    expect(await restored(mysqlConnector, specOf(target, 'placed'), carried)).toEqual([])
    await run(source, 'DROP DATABASE placed')
    await rm(folder, { recursive: true })
  })

  it('in memory, larger than others may become on the target, come back with their rows', async () => {
    await run(source, 'CREATE DATABASE waiting')
    await run(
      source,
      "SET max_heap_table_size = 64 * 1024 * 1024; CREATE TABLE m(a VARCHAR(1000)) ENGINE=MEMORY; INSERT INTO m SELECT REPEAT('x', 900) FROM seq_1_to_25000",
      'waiting',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'waiting'))
    expect(await restored(mysqlConnector, specOf(target, 'waiting'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'waiting_by_hand')).toEqual([])
  })
})
