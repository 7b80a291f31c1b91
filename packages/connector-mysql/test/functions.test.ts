import { describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')

describe.runIf(present)('a function', () => {
  it('that does not say what it does comes back where the target takes it, and else the error says how to make it', async () => {
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

  it('comes back by an account with the rights of the guide, and triggers and objects of other definers with it', async () => {
    await using source = await startMariadb()
    await using target = await startMariadb()
    await run(source, 'CREATE DATABASE clinic; CREATE USER app@localhost')
    await run(
      source,
      `CREATE TABLE a(id INT AUTO_INCREMENT PRIMARY KEY, t TEXT) WITH SYSTEM VERSIONING; INSERT INTO a(t) VALUES ('x'); CREATE DEFINER=app@localhost VIEW v AS SELECT * FROM a;
       CREATE DEFINER=app@localhost FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1; CREATE DEFINER=app@localhost TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.t = 'y';
       CREATE DEFINER=app@localhost EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a; CREATE SEQUENCE s`,
      'clinic',
    )
    const carried = await exported(mysqlConnector, specOf(source, 'clinic'))
    await run(
      target,
      "CREATE USER o IDENTIFIED BY 'pw'; GRANT ALL ON n.* TO o; GRANT SET USER ON *.* TO o; GRANT SELECT ON mysql.proc TO o",
    )
    const spec = specOf({ ...target, user: 'o', password: 'pw' }, 'n')
    await expect(restored(mysqlConnector, spec, carried)).rejects.toMatchObject({
      hint: expect.stringContaining('log_bin_trust_function_creators') as string,
    })
    await run(target, 'SET GLOBAL log_bin_trust_function_creators=1')
    expect(await restored(mysqlConnector, spec, carried)).toEqual([])
  })
})
