import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { check } from '../../cli/src/commands/check.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import { type SqlServer, sqlServer } from '../services/mariadb.ts'
import { mysqlServers } from '../services/mysql.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'

const [found, mysql] = [await sqlServer(), await mysqlServers()]

const schema = `
  CREATE DATABASE hospital; USE hospital;
  CREATE TABLE patient(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60), photo BLOB) ENGINE=InnoDB;
  CREATE TABLE letter(id INT PRIMARY KEY, patient INT, body LONGTEXT, FOREIGN KEY(patient) REFERENCES patient(id)) ENGINE=InnoDB;
  CREATE VIEW letters AS SELECT name, body FROM letter JOIN patient ON patient.id = letter.patient;
  INSERT INTO patient(name, photo) VALUES ('Zoé', x'00ff'), ('NULL', NULL), ('', '');
  INSERT INTO letter VALUES (1, 1, 'Dear "colleague",\\n…'), (2, 2, NULL);
  CREATE DATABASE forgotten`

const probing = `
  CREATE USER IF NOT EXISTS prober IDENTIFIED BY 'look-only'; GRANT SELECT ON hospital.* TO prober`

describe.skipIf(!found)('a contract over a MariaDB or MySQL database', () => {
  overDatabase(found as SqlServer)
})
describe.each(mysql)('a contract over a MySQL database', (server) => {
  overDatabase(server)
})

function overDatabase(server: SqlServer): void {
  let c: Case
  const url = (user: string, database: string): string =>
    `mysql://${user}@${server.host}:${server.port}/${database}`

  beforeAll(async () => {
    process.env['MYSQL_TEST_SECRET'] = server.password
    process.env['MYSQL_PROBER_SECRET'] = 'look-only'
    await run(server, schema)
    await run(server, probing)
    const more = `secret: "env:MYSQL_TEST_SECRET", probe: { url: "${url('prober', 'hospital')}", secret: "env:MYSQL_PROBER_SECRET" }`
    c = await openCase({
      sources: async () => [{ name: 'records', url: url(server.user, 'hospital'), more }],
    })
    await pin(c)
  })

  afterAll(async () => {
    await c?.[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('check names the databases that nobody declared', async () => {
    const { lines } = await check(c.session, { contractOnly: false })
    expect(lines.join('\n')).toContain('forgotten')
  })

  it('inventory counts what there is', async () => {
    const { lines } = await inventory(c.session, { sources: [], operation: 'R1' })
    expect(lines.join('\n')).toMatch(/records.*\b6 items.*account: 2/)
  })

  it('two passes together rebuild the database elsewhere, equal by content', async () => {
    await agreeScope(c)
    expect((await exportPackage(c)).exit).toBe(0)
    await run(
      server,
      "USE hospital; INSERT INTO patient(name) VALUES ('late'); DELETE FROM letter WHERE id = 2; DROP VIEW letters",
    )
    expect((await exportPackage(c, 'R1-0001')).exit).toBe(0)
    await deliverAll(c)
    const done = await restore(c.as('client-1'), {
      packages: ['R1-0001', 'R1-0002'].map((name) => join(c.client, name)),
      key: c.keyFile('client-1'),
      source: 'records',
      to: url(server.user, 'rebuilt'),
      toSecret: 'env:MYSQL_TEST_SECRET',
      compare: true,
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    })
    expect(done.lines.join('\n')).toContain('equal by content')
    expect(done.exit).toBe(0)
    const names = await run(server, 'SELECT name FROM rebuilt.patient ORDER BY id')
    expect(names).toEqual([['Zoé'], ['NULL'], [''], ['late']])
  })

  it('the database is destroyed under guard, another account sees that it is gone, and the certificate says so', async () => {
    await acknowledgeAll(c, ['R1-0001', 'R1-0002'])
    await giveNotice(c)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    c.clock.advance('P30D')
    await run(server, "UPDATE hospital.patient SET name = 'changed' WHERE id = 1")
    const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(refused).rejects.toMatchObject({ code: 'guard-refused' })
    await run(server, "UPDATE hospital.patient SET name = 'Zoé' WHERE id = 1")
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(await run(server, "SHOW DATABASES LIKE 'hospital'")).toEqual([])
    const { exit, json } = await certify(c.as('verifier'), {})
    const certificate = execFileSync('cat', [json['certificate'] as string]).toString()
    expect(certificate).toContain('"state":"absent"')
    expect(certificate).toContain('DROP DATABASE')
    expect(exit).toBe(0)
  })
}
