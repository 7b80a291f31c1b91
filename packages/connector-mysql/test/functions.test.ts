import { describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('a function that does not say what it does', () => {
  it('comes back where the target takes it, and else the error says how to make it', async () => {
    await using source = await startMariadb(['--log-bin-trust-function-creators=1'])
    await using target = await startMariadb()
    await run(source, 'CREATE DATABASE vague; CREATE FUNCTION vague.f(a INT) RETURNS INT RETURN a')
    const carried = await exported(mysqlConnector, specOf(source, 'vague'))
    await expect(restored(mysqlConnector, specOf(target, 'vague'), carried)).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringContaining('log_bin_trust_function_creators') as string,
    })
    await run(target, 'SET GLOBAL log_bin_trust_function_creators=1')
    expect(await restored(mysqlConnector, specOf(target, 'vague'), carried)).toEqual([])
  })
})
