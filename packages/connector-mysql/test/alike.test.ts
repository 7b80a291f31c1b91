import { describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

describe.runIf(present)('databases whose names differ in case or accents alone', () => {
  let source: SqlServer
  let target: SqlServer

  withTwoServers((...both) => {
    ;[source, target] = both
  })

  it('are kept apart: neither has what the other has, nor is it stated as lost', async () => {
    const names = ['soins', 'Soins', 'sôins']
    for (const [i, name] of names.entries()) {
      await run(source, `CREATE DATABASE \`${name}\``)
      await run(
        source,
        `CREATE TABLE t(a INT); CREATE TABLE u(a INT); CREATE TRIGGER both_have ${i === 1 ? 'BEFORE' : 'AFTER'} INSERT ON ${i === 1 ? 'u' : 't'} FOR EACH ROW SET @x = ${i};
         CREATE TRIGGER own_${i} BEFORE DELETE ON t FOR EACH ROW SET @x = ${i}; CREATE EVENT e_${i} ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DO DO ${i};
         CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN ${i}`,
        name,
      )
    }
    for (const [i, name] of names.entries()) {
      const carried = await exported(mysqlConnector, specOf(source, name))
      expect(carried.losses).toEqual([])
      const ids = carried.items.map(({ id }) => id).filter((id) => /^(trigger|event)/.test(id))
      expect(ids).toEqual([`event/e_${i}`, 'trigger/both_have', `trigger/own_${i}`])
      expect(await restored(mysqlConnector, specOf(target, name), carried)).toEqual([])
    }
  })

  it('are named each beside the other', async () => {
    const found = await Array.fromAsync(mysqlConnector.siblings(specOf(source, 'soins'), signal))
    const expected = ['Soins', 'sôins'].map((name) => specOf(source, name).url)
    expect(found.map(({ url }) => url).sort()).toEqual(expected.sort())
  })

  // The server drops the events of all of them with one.
  it('do not lose their events with the one that is destroyed: it is refused until there are none', async () => {
    await using destroyer = await mysqlConnector.destroyer(specOf(source, 'soins'), signal)
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringMatching(/events of Soins, sôins/) as string,
    })
    expect(destroyer.method.limits).toContainEqual(expect.stringContaining('case or accents'))
    expect(await run(source, "SHOW DATABASES LIKE 'soins'")).not.toEqual([])
    await run(source, 'DROP EVENT Soins.e_1; DROP EVENT sôins.e_2')
    expect(await Array.fromAsync(destroyer.destroy(signal))).toHaveLength(1)
  })
})
