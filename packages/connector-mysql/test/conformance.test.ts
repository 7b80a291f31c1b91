import { randomBytes } from 'node:crypto'
import { connectorCases, type Mutation, type TestPlace } from '@restitute/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { sqlServer } from '../../../test/services/mariadb.ts'
import { mysqlServers } from '../../../test/services/mysql.ts'
import type { SqlServer } from '../../../test/services/sql-server.ts'
import { mysqlConnector } from '../src/index.ts'
import { digestOf, run, specOf } from './support.ts'

const [mariadb, mysql] = [await sqlServer(), await mysqlServers()]

describe.skipIf(!mariadb)('conformance', () => {
  conformance(mariadb as SqlServer)
})
describe.each(mysql)('conformance, on MySQL', (server) => {
  conformance(server)
})

const hospital = `
  CREATE TABLE patient(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, born DATE, photo BLOB) ENGINE=InnoDB;
  CREATE TABLE stay(patient INT, note TEXT, weight FLOAT, FOREIGN KEY (patient) REFERENCES patient(id)) ENGINE=InnoDB;
  CREATE TABLE code(code VARCHAR(9) PRIMARY KEY, label VARCHAR(40)) ENGINE=InnoDB;
  CREATE TABLE empty_one(a INT) ENGINE=InnoDB;
  CREATE VIEW heavy AS SELECT * FROM stay WHERE weight > 100;
  CREATE TRIGGER t BEFORE INSERT ON code FOR EACH ROW SET NEW.label = COALESCE(NEW.label, 'none');
  CREATE PROCEDURE p(a INT) SELECT a + 1;
  INSERT INTO patient(name, born, photo) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    SELECT CONCAT('Patient ', i), '1950-01-01' + INTERVAL i DAY, UNHEX(SHA2(i, 256)) FROM n;
  INSERT INTO stay SELECT id, CONCAT(name, ' came\\n', REPEAT('x', 100)), id * 0.37 FROM patient;
  INSERT INTO code VALUES ('A00', 'Cholera'), ('B01', NULL);`

async function place(server: SqlServer, fill?: string): Promise<TestPlace> {
  const name = `case_${randomBytes(6).toString('hex')}`
  if (fill !== undefined) await run(server, `CREATE DATABASE ${name}; USE ${name}; ${fill}`)
  return {
    spec: specOf(server, name),
    digest: () => digestOf(server, name),
    async [Symbol.asyncDispose]() {
      await run(server, `DROP DATABASE IF EXISTS ${name}`)
    },
  }
}

function conformance(server: SqlServer): void {
  afterAll(() => server[Symbol.asyncDispose]())

  const mutation = (name: string, change: Mutation['change'], item: string, sql: string): Mutation => ({
    name,
    change,
    async apply({ url }) {
      await run(server, sql, new URL(url).pathname.slice(1))
      return item
    },
  })
  const cases = connectorCases({
    connector: mysqlConnector,
    source: () => place(server, hospital),
    target: () => place(server),
    unreachable: { name: 'records', url: 'mysql://nobody@127.0.0.1:1/none' },
    mutations: [
      mutation('a row is added', 'changed', 'table/patient', "INSERT INTO patient(name) VALUES('New')"),
      mutation('a cell changes', 'changed', 'table/stay', 'UPDATE stay SET weight=81.5 WHERE patient=7'),
      mutation('a row is removed', 'changed', 'table/code', "DELETE FROM code WHERE code='B01'"),
      mutation(
        'a view is changed',
        'changed',
        'view/heavy',
        'CREATE OR REPLACE VIEW heavy AS SELECT * FROM stay WHERE weight > 90',
      ),
      mutation('a table is added', 'new', 'table/visit', 'CREATE TABLE visit(a INT)'),
      mutation('a procedure is removed', 'removed', 'procedure/p', 'DROP PROCEDURE p'),
    ],
  })
  it.each(cases)('$name', async ({ run: check }) => {
    await check()
    expect.assertions(0)
  })
}
