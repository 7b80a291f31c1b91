import { beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { bagOf } from './bag.ts'
import { type Carried, exported, knownOf, restored, streamOf } from './carry.ts'
import { readsAccounts, run, specOf } from './support.ts'
import { withTwoServers } from './two-servers.ts'

const present = available(hasMariadb(), 'mariadbd not found')
const { signal } = new AbortController()

const ward = `
  CREATE DATABASE a_ward; CREATE DATABASE other; USE a_ward;
  CREATE TABLE stay(id INT PRIMARY KEY, name VARCHAR(20), cost INT); CREATE TABLE gone(a INT);
  INSERT INTO stay VALUES (1, 'Zoé', 5);
  CREATE ROLE nurse; CREATE ROLE \`head \`\`nurse\`; CREATE ROLE unrelated;
  CREATE USER app@'10.%' IDENTIFIED BY 'hidden-1' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 MAX_QUERIES_PER_HOUR 100;
  CREATE USER cert@localhost REQUIRE SUBJECT '/CN=it''s \\\\ me' AND ISSUER '/CN=ca';
  CREATE USER 'odd ''"\`@ é'@'%', member@'%' IDENTIFIED BY 'hidden-2', definer@localhost, stranger@'%';
  GRANT SELECT, INSERT, CREATE TEMPORARY TABLES ON \`a\\_ward\`.* TO app@'10.%' WITH GRANT OPTION;
  GRANT DELETE HISTORY ON \`a%\`.* TO cert@localhost;
  GRANT SELECT (id, name), UPDATE (name) ON stay TO nurse; GRANT ALL ON stay TO 'odd ''"\`@ é'@'%';
  GRANT nurse TO \`head \`\`nurse\`; GRANT \`head \`\`nurse\` TO member@'%' WITH ADMIN OPTION; GRANT unrelated TO member@'%';
  SET DEFAULT ROLE \`head \`\`nurse\` FOR member@'%';
  GRANT SELECT ON gone TO member@'%'; DROP TABLE gone; GRANT ALL ON other.* TO stranger@'%';
  GRANT SELECT ON stay TO PUBLIC;
  CREATE DEFINER=definer@localhost PROCEDURE p() SQL SECURITY DEFINER SELECT COUNT(*) FROM stay;
  CREATE DEFINER=nurse SQL SECURITY DEFINER VIEW seen AS SELECT id, name FROM stay;
  CREATE DEFINER=nurse TRIGGER t BEFORE INSERT ON stay FOR EACH ROW SET NEW.cost = 1;
  GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE p TO app@'10.%'; GRANT SELECT ON a_ward.* TO definer@localhost`

describe.runIf(present)('accounts and grants of a database', () => {
  let source: SqlServer
  let target: SqlServer
  let carried: Carried

  withTwoServers((...both) => {
    ;[source, target] = both
  })
  beforeAll(async () => {
    await run(source, ward)
    carried = await exported(mysqlConnector, specOf(source, 'a_ward'))
  })

  const accounts = (): string[] =>
    carried.items.map(({ id }) => id).filter((id) => /^(account|role)/.test(id))

  it('come out when they belong to it, and no password with them', async () => {
    expect(accounts()).toEqual([
      'account/app@10.%',
      'account/cert@localhost',
      'account/definer@localhost',
      'account/member@%',
      `account/odd '"\`@ é@%`,
      // Who makes a role is a member of it.
      'account/restitute@127.0.0.1',
      'role/PUBLIC',
      'role/head `nurse',
      'role/nurse',
    ])
    const texts = await Promise.all(carried.entries.map((entry) => Array.fromAsync(entry.content())))
    expect(Buffer.concat(texts.flat()).toString()).not.toMatch(/\*[0-9A-F]{40}|hidden-/)
  })

  it('are left alone by a restoration that does not ask for them', async () => {
    expect(await restored(mysqlConnector, specOf(target, 'plain'), carried)).toEqual([])

    expect(await run(target, "SELECT User FROM mysql.user WHERE User IN ('app', 'nurse')")).toEqual([])
  })

  it('are restored when asked for, locked, on the new name alone, and compared', async () => {
    const to = specOf(target, 'b_ward')
    const asking = { ...to, url: `${to.url}?accounts=restore` }
    expect(await restored(mysqlConnector, asking, carried)).toEqual([])
    const show = (server: SqlServer, who: string): Promise<unknown[][]> =>
      run(server, `SHOW GRANTS FOR ${who}`)
    const grants = JSON.stringify(await show(target, "app@'10.%'"))
    expect(grants).toContain('ON `b\\\\_ward`.*')
    expect(await run(target, "SHOW CREATE USER app@'10.%'")).toEqual([
      [expect.stringContaining('ACCOUNT LOCK')],
    ])
    await run(target, 'REVOKE UPDATE (name) ON b_ward.stay FROM nurse')
    const differences = mysqlConnector.compare(asking, streamOf(knownOf(carried)), signal)
    expect(await Array.fromAsync(differences)).toEqual([{ item: 'role/nurse', change: 'changed' }])
  })

  it('are made by the mariadb client alone', async () => {
    await using third = await startMariadb()
    await using bag = await bagOf(carried)
    await run(third, 'CREATE DATABASE byhand')
    bag.load(third, 'byhand', '--accounts')
    const to = specOf(third, 'byhand')
    const asking = { ...to, url: `${to.url}?accounts=restore` }
    expect(await Array.fromAsync(mysqlConnector.compare(asking, streamOf(knownOf(carried)), signal))).toEqual(
      [],
    )
  })

  it('are taken away again when one of them cannot be made', async () => {
    await using third = await startMariadb()
    const broken = carried.entries.map((entry) =>
      entry.path.endsWith('9-grants/nurse.sql')
        ? {
            ...entry,
            content: () =>
              streamOf([
                Buffer.from('DELIMITER ;;\nGRANT SELECT ON `nowhere` TO `nurse`\n;;\nDELIMITER ;\n'),
              ]),
          }
        : entry,
    )
    const to = specOf(third, 'b_ward')
    const asking = { ...to, url: `${to.url}?accounts=restore` }
    await expect(restored(mysqlConnector, asking, { ...carried, entries: broken })).rejects.toMatchObject({
      code: 'restore-failed',
    })
    expect(await run(third, "SELECT User FROM mysql.user WHERE User IN ('app', 'nurse', 'member')")).toEqual(
      [],
    )
    expect(await run(third, "SHOW DATABASES LIKE 'b_ward'")).toEqual([])
  })

  it('are taken away again, but not what somebody else has made meanwhile', async () => {
    await using third = await startMariadb()
    const to = specOf(third, 'b_ward')
    {
      await using restorer = await mysqlConnector.restore(
        { ...to, url: `${to.url}?accounts=restore` },
        signal,
      )
      for (let phase = 0; phase < restorer.phases; phase++)
        for (const entry of carried.entries)
          if (restorer.phase(entry.path) === phase) await restorer.accept(entry, signal)
      const missing = { id: 'table/missing', kind: 'table', bytes: 0, mark: '' }
      const items = async function* () {
        await run(third, 'CREATE USER somebody')
        yield missing
      }
      await expect(restorer.finish(items(), signal)).rejects.toMatchObject({ code: 'restore-failed' })
    }
    expect(
      await run(third, "SELECT User FROM mysql.user WHERE User IN ('app', 'nurse', 'somebody')"),
    ).toEqual([['somebody']])
  })

  it('are read by an account that may not read passwords; without the right they are stated as lost', async () => {
    await run(
      source,
      `CREATE USER reader IDENTIFIED BY 'r'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON a_ward.* TO reader; GRANT SELECT ON mysql.proc TO reader`,
    )
    const reader = { ...specOf({ ...source, user: 'reader', password: 'r' }, 'a_ward') }
    const poor = await exported(mysqlConnector, reader)
    expect(poor.losses).toEqual([
      { item: 'accounts', lost: expect.stringMatching(/cannot be read.*denied.*1142/) },
    ])
    {
      await using exporter = await mysqlConnector.freeze(reader, signal)
      expect(await Array.fromAsync(exporter.foreseen?.(signal) ?? [])).toEqual([
        expect.stringMatching(/^accounts: .*cannot be read/),
      ])
    }
    await run(source, readsAccounts)
    const rich = await exported(mysqlConnector, reader)
    expect(rich.losses).toEqual([])
    const digests = ({ items }: Carried): (string | undefined)[] =>
      items.filter(({ id }) => id !== 'account/reader@%').map(({ id, digest }) => `${id} ${digest}`)
    expect(digests(rich)).toEqual(digests(carried))
    await expect(
      run({ ...source, user: 'reader', password: 'r' }, 'SELECT authentication_string FROM mysql.user'),
    ).rejects.toThrow(/denied/)
  })

  it('do not count as changed data before a destruction', async () => {
    await run(source, 'CREATE USER destroyer; GRANT DROP ON a_ward.* TO destroyer')
    await using watcher = await mysqlConnector.watch(specOf(source, 'a_ward'), signal)
    expect(await Array.fromAsync(watcher.differences(streamOf(knownOf(carried)), signal))).toEqual([])
  })

  it.each([
    ['9-grants', 'GRANT SELECT ON `mysql`.`user` TO `a`@`%`'],
    ['9-grants', 'GRANT ALL ON *.* TO `a`@`%`'],
    ['9-grants', "GRANT SELECT ON * TO `a`@`%` IDENTIFIED BY 'x'"],
    ['9-grants', 'GRANT PROXY ON `root` TO `a`@`%`'],
    ['9-grants', 'GRANT `dba` TO `a`@`%`'],
    ['0-accounts', 'CREATE USER IF NOT EXISTS `a`@`%`'],
    ['0-accounts', "CREATE USER IF NOT EXISTS `a`@`%` IDENTIFIED BY 'x' ACCOUNT LOCK"],
  ])('%s: %s is no statement of ours', async (folder, sql) => {
    const entries = carried.entries.map((entry) =>
      entry.path.endsWith(`${folder}/nurse.sql`)
        ? { ...entry, content: () => streamOf([Buffer.from(`DELIMITER ;;\n${sql}\n;;\nDELIMITER ;\n`)]) }
        : entry,
    )
    const to = specOf(target, 'hostile')
    const asking = { ...to, url: `${to.url}?accounts=restore` }
    await expect(restored(mysqlConnector, asking, { ...carried, entries })).rejects.toMatchObject({
      code: 'hostile-input',
    })
  })
})
