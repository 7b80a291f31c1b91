import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { available } from '../../../test/support/programs.ts'
import { mysqlConnector } from '../src/index.ts'
import { type Carried, exported, restored } from './carry.ts'
import { run, specOf } from './support.ts'

const present = available(hasMariadb(), 'mariadbd not found')

// The ends of what eight and four bytes hold, and what lies next to them.
const ends = [
  ...['0', '5e-324', '-5e-324', '2.2250738585072014e-308', '1.7976931348623157e308'],
  ...['0.1', '0.30000000000000004', '0.3', '9007199254740993', '1e23', '-1e23', '123456789012345680'],
]
const single = ['0', '1.1754944e-38', '3.4028234e38', '0.1', '16777217', '1e-45']

describe.runIf(present)('numbers with a floating point', () => {
  let server: SqlServer
  let carried: Carried
  beforeAll(async () => {
    server = await startMariadb()
    const rows = (values: readonly string[]): string => values.map((value, i) => `(${i}, ${value})`).join(',')
    const all = [...ends, ...Array.from({ length: 4000 }, (_, i) => String(spread(i)))]
    await run(
      server,
      `CREATE DATABASE measures; USE measures;
       CREATE TABLE d(id INT PRIMARY KEY, v DOUBLE) ENGINE=InnoDB; INSERT INTO d VALUES ${rows(all)}, (-1, NULL);
       CREATE TABLE f(id INT PRIMARY KEY, v FLOAT) ENGINE=InnoDB; INSERT INTO f VALUES ${rows(single)}, (-1, NULL);
       CREATE TABLE cut(id INT PRIMARY KEY, v DOUBLE(14,3), w FLOAT(7,2) UNSIGNED ZEROFILL) ENGINE=InnoDB;
       INSERT INTO cut SELECT id, LEAST(GREATEST(v, -1e9), 1e9), LEAST(ABS(v), 1e4) FROM d`,
    )
    carried = await exported(mysqlConnector, specOf(server, 'measures'))
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  it('come back to the last bit', async () => {
    expect(await restored(mysqlConnector, specOf(server, 'copy'), carried)).toEqual([])
    const differing = `SELECT a.id FROM measures.d a JOIN copy.d b USING (id) WHERE NOT (a.v <=> b.v)`
    expect(await run(server, differing)).toEqual([])
  })

  it.each([
    ['d', 'v = 0.30000000000000004', '0.3'],
    ['d', 'id = 1', '0'],
    ['d', 'id = -1', '0'],
    ['f', 'id = 3', '0.1000001'],
    ['cut', 'id = 8', 'v + 0.001'],
  ])('are different when one bit of %s is (%s)', async (table, where, value) => {
    const target = specOf(server, `changed_${table}_${where.replace(/\W/g, '_')}`)
    expect(await restored(mysqlConnector, target, carried)).toEqual([])
    const database = decodeURIComponent(new URL(target.url).pathname.slice(1))
    await run(server, `UPDATE \`${database}\`.${table} SET v = ${value} WHERE ${where}`)
    const differences = mysqlConnector.compare(target, known(), new AbortController().signal)
    expect(await Array.fromAsync(differences)).toMatchObject([{ item: `table/${table}`, change: 'changed' }])
  })

  async function* known() {
    yield* carried.items
  }
})

/** Doubles of every exponent, the same ones each time. */
function spread(i: number): number {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setUint32(0, Math.imul(i + 1, 0x9e3779b1))
  bits.setUint32(4, Math.imul(i + 7, 0x85ebca6b))
  const value = bits.getFloat64(0)
  return Number.isFinite(value) ? value : i / 3
}
