import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { connectorCases, type Mutation, type TestPlace } from '@restitute/conformance'
import { describe, expect, it } from 'vitest'
import { sqliteConnector } from '../src/index.ts'
import { hasShell, spec, temporaryFolder } from './support.ts'

if (!hasShell) console.warn('skipped: the sqlite3 program is missing')

const hospital = `
  PRAGMA journal_mode=WAL;
  CREATE TABLE patient(id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT);
  CREATE TABLE stay(patient INTEGER REFERENCES patient, note TEXT, weight REAL);
  CREATE TABLE code(code TEXT PRIMARY KEY, label TEXT) WITHOUT ROWID;
  CREATE TABLE empty(a, b);
  CREATE INDEX stay_patient ON stay(patient);
  CREATE VIEW heavy AS SELECT * FROM stay WHERE weight > 100;
  CREATE VIRTUAL TABLE search USING fts5(note);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    INSERT INTO patient SELECT i, 'Patient ' || i, date('1950-01-01', i || ' days') FROM n;
  INSERT INTO stay SELECT id, name || ' came' || char(10) || hex(zeroblob(100)), id * 0.37 FROM patient;
  INSERT INTO code VALUES ('A00', 'Cholera'), ('B01', NULL);
  INSERT INTO search SELECT note FROM stay LIMIT 20;`

function shell(file: string, sql: string): void {
  execFileSync('sqlite3', ['-bail', file], { input: sql })
}

function place(fill: (file: string) => void): TestPlace {
  const folder = temporaryFolder()
  const file = join(folder.path, 'records.db')
  fill(file)
  return {
    spec: spec(file),
    async digest() {
      const hash = createHash('sha256').update(readdirSync(folder.path).sort().join('\n'))
      if (existsSync(file)) hash.update(execFileSync('sqlite3', [file, '.dump']))
      return hash.digest('hex')
    },
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
    },
  }
}

function mutation(name: string, change: Mutation['change'], item: string, sql: string): Mutation {
  return {
    name,
    change,
    async apply({ url }) {
      shell(url.slice('sqlite:'.length), sql)
      return item
    },
  }
}

describe.skipIf(!hasShell)('conformance', () => {
  const cases = connectorCases({
    connector: sqliteConnector,
    source: async () => place((file) => shell(file, hospital)),
    target: async () => place(() => {}),
    unreachable: spec('/no-such-folder/records.db'),
    mutations: [
      mutation(
        'a row is added',
        'changed',
        'table/patient',
        "INSERT INTO patient VALUES(1000,'New','2000-01-01')",
      ),
      mutation('a cell changes', 'changed', 'table/stay', 'UPDATE stay SET weight=81.5 WHERE patient=7'),
      mutation('a row is removed', 'changed', 'table/code', "DELETE FROM code WHERE code='B01'"),
      mutation('an index is added', 'changed', 'definitions', 'CREATE INDEX patient_name ON patient(name)'),
      mutation('a table is added', 'new', 'table/visit', 'CREATE TABLE visit(a)'),
      mutation('a table is removed', 'removed', 'table/empty', 'DROP TABLE empty'),
    ],
  })
  it.each(cases)('$name', async ({ run }) => {
    await run()
    expect.assertions(0)
  })
})
