import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  compare,
  dump,
  type Export,
  exportAll,
  hasShell,
  restore,
  scriptOf,
  shellLoad,
  temporaryFolder,
} from './support.ts'

const definitions = `
  PRAGMA page_size=8192; PRAGMA auto_vacuum=2; PRAGMA user_version=7; PRAGMA application_id=1234567;
  CREATE TABLE v(x);
  CREATE TABLE "odd ""name"" 'é 😀
next"("col ""a""
b" TEXT, rowid TEXT, "select" REAL);
  CREATE TABLE allrowids(rowid, _rowid_, oid);
  CREATE TABLE gen(a INT, b INT AS (a * 2), c TEXT AS (a || 'x') STORED, d);
  CREATE TABLE strict_t(i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT;
  CREATE TABLE nokey(a TEXT COLLATE NOCASE, b INT, PRIMARY KEY(a, b DESC)) WITHOUT ROWID;
  CREATE TABLE descending(id INTEGER PRIMARY KEY DESC, v);
  CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
  CREATE TABLE checked(a CHECK(a > 0));
  CREATE TABLE aux(a); CREATE TABLE "Aux "(a); CREATE TABLE "trigger"(a);
  CREATE VIRTUAL TABLE doc USING fts5(title, body);
  CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
  CREATE TABLE log(t);
  CREATE TRIGGER v_log AFTER INSERT ON v BEGIN INSERT INTO log VALUES('; END; -- '); SELECT CASE 1 WHEN 1 THEN 2 END; END;
  CREATE INDEX partial ON v(x) WHERE x IS NOT NULL;
  CREATE UNIQUE INDEX expression ON gen(abs(a), d);
  CREATE VIEW broken AS SELECT * FROM nowhere -- with a comment at its end`

const values = `
  INSERT INTO "odd ""name"" 'é 😀
next" VALUES ('it''s', 'a' || char(13,10) || 'b\\n', 1.5), ('\\N', '', NULL), ('', 'NULL', -1e-300);
  INSERT INTO allrowids VALUES (1, 2, 3), ('a', NULL, x'00');
  INSERT INTO gen(a, d) VALUES (1, 'p'), (-2, 'q');
  INSERT INTO strict_t VALUES (9223372036854775807, 1, 'x', x'ff', 1), (-9223372036854775808, 9e999, '', x'', '1');
  INSERT INTO nokey VALUES ('b', 1), ('A', 2), ('a', 3);
  INSERT INTO descending VALUES (5, 'five'), (3, 'three');
  INSERT INTO auto(v) VALUES ('one'), ('two'); DELETE FROM auto WHERE id = 2;
  PRAGMA ignore_check_constraints=ON; INSERT INTO checked VALUES (-1); PRAGMA ignore_check_constraints=OFF;
  INSERT INTO doc(rowid, title, body) VALUES (41, 'Compte rendu', 'fièvre et toux'), (7, 'x', 'y');
  INSERT INTO box VALUES (1, 0.5, 1.5), (2, 3, 4);
  DELETE FROM log;
  ANALYZE;`

const awkward = [
  "NULL, '', 'NULL', x'', x'00', 9223372036854775807, -9223372036854775808, 0, -1",
  '1e308, 9e999, -9e999, 0.1, 1.0, 1e15, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 123456.789012345',
  "CAST(x'61ff62' AS TEXT), CAST(x'c3' AS TEXT), CAST(x'eda080' AS TEXT), 'a' || char(0) || 'b', char(65533)",
  "CAST(x'efbbbf61' AS TEXT), char(10), char(13), char(26), char(7), '\\n' || char(10), '\\N', '\\x00', char(128512)",
  "char(63360), char(63487), '''', '\"', ';', '--', '/*', 'END;'",
]

describe.skipIf(!hasShell)('awkward values and definitions', () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'awkward.db')
  let exported: Export
  beforeAll(async () => {
    {
      using db = new DatabaseSync(file, { defensive: false })
      db.exec(definitions)
      for (const list of awkward)
        db.exec(`INSERT INTO v SELECT column1 FROM (VALUES (${list.split(', ').join('),(')}))`)
      db.prepare('INSERT INTO v VALUES (?)').run(-0)
      db.exec(values)
    }
    exported = await exportAll(file)
  })
  afterAll(() => folder[Symbol.dispose]())

  const typed = (path: string) => {
    using db = new DatabaseSync(path, { readOnly: true, readBigInts: true })
    return db
      .prepare('SELECT rowid AS id, typeof(x) AS type, hex(CAST(x AS BLOB)) AS bytes, x FROM v NOT INDEXED')
      .all()
  }

  it('are not lost', () => {
    expect(exported.losses).toEqual([])
    expect(typed(file).length).toBeGreaterThan(35)
  })

  it('survive the sqlite3 program', async () => {
    const copy = join(folder.path, 'shell.db')
    shellLoad(scriptOf(exported.entries), copy)
    expect(dump(copy).toString()).toBe(dump(file).toString())
    expect(typed(copy)).toEqual(typed(file))
    expect(await compare(copy, exported.items)).toEqual([])
  })

  it('survive our own restore, searchable and with their pragmas', async () => {
    const copy = join(folder.path, 'restored.db')
    await restore(exported, copy)
    expect(dump(copy).toString()).toBe(dump(file).toString())
    expect(typed(copy)).toEqual(typed(file))
    expect(await compare(copy, exported.items)).toEqual([])
    using db = new DatabaseSync(copy, { readOnly: true })
    expect(db.prepare("SELECT rowid FROM doc WHERE doc MATCH 'toux'").all()).toEqual([{ rowid: 41 }])
    expect(db.prepare('SELECT id FROM box WHERE x0 < 1').all()).toEqual([{ id: 1 }])
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 7 })
    expect(db.prepare('PRAGMA page_size').get()).toEqual({ page_size: 8192 })
    expect(db.prepare("SELECT seq FROM sqlite_sequence WHERE name='auto'").get()).toEqual({ seq: 2 })
  })
})

/** Two numbers of each power of two, one of them with all digits; and what people measure. */
function reals(): number[] {
  const double = new DataView(new ArrayBuffer(8))
  const all: number[] = []
  for (let exponent = 0n; exponent < 2047n; exponent++) {
    for (const fraction of [0x5555555555555n, (exponent * 0x9e3779b97f4a7n) & 0xfffffffffffffn]) {
      double.setBigUint64(0, (exponent << 52n) | fraction)
      all.push(double.getFloat64(0), -double.getFloat64(0))
    }
  }
  for (let i = 1; i < 2000; i++) all.push(i / 100, i * 0.1, 1 / i, i * 1e17, Math.sqrt(i))
  return all
}

describe.skipIf(!hasShell)('numbers and sizes', () => {
  it('carries every real bit by bit through the sqlite3 program', async () => {
    using folder = temporaryFolder()
    const [file, copy] = [join(folder.path, 'reals.db'), join(folder.path, 'copy.db')]
    const expected = reals()
    {
      using db = new DatabaseSync(file)
      db.exec('CREATE TABLE r(x); BEGIN')
      const insert = db.prepare('INSERT INTO r VALUES (?)')
      for (const value of expected) insert.run(value)
      db.exec('COMMIT')
    }
    shellLoad(scriptOf((await exportAll(file)).entries), copy)
    using db = new DatabaseSync(copy, { readOnly: true, returnArrays: true, readBigInts: true })
    const got = db.prepare('SELECT x FROM r').all() as unknown as number[][]
    expect(got.length).toBe(expected.length)
    expect(got.filter(([x], i) => !Object.is(x, expected[i]))).toEqual([])
  })

  it.each(['UTF-8', 'UTF-16le', 'UTF-16be'])('carries large and broken values in %s', async (encoding) => {
    using folder = temporaryFolder()
    const [file, copy, restored] = ['a.db', 'b.db', 'c.db'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ]
    {
      using db = new DatabaseSync(file)
      db.exec(`PRAGMA encoding='${encoding}'; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES
        (1, randomblob(8500001), 'x'), (2, CAST(randomblob(4194305) AS TEXT), printf('%.*c', 4300000, 'é')),
        (3, CAST(x'00d8' AS TEXT), CAST(x'41' AS TEXT)), (4, char(65279) || 'bom', 'naïve 😀'), (5, '', x'')`)
    }
    const exported = await exportAll(file)
    expect(exported.losses).toEqual([])
    for (const entry of exported.entries) expect(entry.bytes.length).toBe(entry.size)
    expect(
      exported.entries.filter((entry) => entry.path.startsWith('data/native/2-data/t/')).length,
    ).toBeGreaterThan(2)
    shellLoad(scriptOf(exported.entries), copy)
    await restore(exported, restored)
    expect(await compare(copy, exported.items)).toEqual([])
    expect(await compare(restored, exported.items)).toEqual([])
    for (const path of [copy, restored]) {
      using db = new DatabaseSync(path)
      db.exec(`ATTACH '${file}' AS o`)
      const differing = db.prepare(`SELECT count(*) AS n FROM main.t AS m JOIN o.t AS o USING (id)
        WHERE m.a IS NOT o.a OR m.b IS NOT o.b OR typeof(m.a) <> typeof(o.a) OR typeof(m.b) <> typeof(o.b)`)
      expect(differing.get()).toEqual({ n: 0 })
    }
  })
})
