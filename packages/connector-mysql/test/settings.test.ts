import { describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { rebuiltByClient } from './bag.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('a server that is set oddly', () => {
  it('keeps the rows that the mariadb client alone loads, though it commits nothing by itself', async () => {
    await using source = await startMariadb()
    await using target = await startMariadb(['--autocommit=0'])
    await run(
      source,
      'CREATE DATABASE kept; CREATE TABLE kept.t(a INT PRIMARY KEY); INSERT INTO kept.t VALUES (1), (2)',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'kept'))
    expect(await restored(mysqlConnector, specOf(target, 'ours'), carried)).toEqual([])
    expect(await rebuiltByClient(carried, target, 'byhand')).toEqual([])
  })

  it('takes sequences once it logs rows, which the error asks for', async () => {
    await using source = await startMariadb()
    await using target = await startMariadb(['--binlog-format=STATEMENT'])
    await run(source, 'CREATE DATABASE counted; CREATE SEQUENCE counted.s')
    const carried = await exported(mysqlConnector, specOf(source, 'counted'))
    await expect(restored(mysqlConnector, specOf(target, 'counted'), carried)).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringContaining('binlog_format') as string,
    })
    await run(target, 'SET GLOBAL binlog_format=MIXED')
    expect(await restored(mysqlConnector, specOf(target, 'counted'), carried)).toEqual([])
  })
})
