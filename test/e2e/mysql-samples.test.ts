import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../services/mariadb.ts'
import { hasMysql, startMysql } from '../services/mysql.ts'
import { carrySamples, mysqlSamples } from '../support/mysql-samples.ts'
import { available } from '../support/programs.ts'
import { haveShared } from '../support/shared-data.ts'

const server = available(hasMariadb(), 'mariadbd not found')
const present = server && haveShared('mariadb-torture', 'mysql-samples')

// `node test/crash/mysql-samples.ts` takes all 613.
it.runIf(present)(
  'some of the databases of others come back equal, by restore and by the mariadb client alone',
  async () => {
    await using source = await startMariadb(['--event-scheduler=OFF'])
    await using target = await startMariadb(['--event-scheduler=OFF'])
    const some = mysqlSamples().filter((_, i) => i < 2 || i % 90 === 7)
    const carried = await carrySamples(some, source, target)
    expect(carried.length).toBeGreaterThan(7)
    for (const one of carried) expect(one).toMatchObject({ losses: [], restored: '', byHand: '' })
  },
)

describe.each(hasMysql() ? [startMysql] : [])('on MySQL', (start) => {
  it.runIf(present)('some of them come back equal, too, those made for it among them', async () => {
    const options = ['--event-scheduler=OFF', '--log-bin-trust-function-creators=1']
    await using source = await start(options)
    await using target = await start(options)
    const some = mysqlSamples().filter((_, i) => i < 2 || i % 150 === 7)
    const carried = await carrySamples(some, source, target)
    expect(carried.length).toBeGreaterThan(4)
    for (const one of carried) expect(one).toMatchObject({ losses: [], restored: '', byHand: '' })
  })
})

// Sixty-four characters, quotes, line feeds; every name of MariaDB is of the first plane, so that emoji are in values only.
const longest = `"é'漢\n\`\`x` + 'l'.repeat(64 - 9)
const odd = `
  CREATE TABLE \`${longest}\`(\`${longest}\` INT PRIMARY KEY, \`a,b\` VARCHAR(20) CHARACTER SET utf16, \`%s\` VARCHAR(9) CHARACTER SET latin1, \`\\\` VARBINARY(9),
    INDEX \`${longest}\` (\`a,b\`), t TIMESTAMP NULL, u VARCHAR(9) CHARACTER SET ucs2);
  INSERT INTO \`${longest}\` VALUES (1, '😀"\\n', 'é€', x'00ff0a22', '2024-03-31 02:30:00', '漢'), (2, NULL, '', '', NULL, 'NULL');
  CREATE VIEW \`v ${longest.slice(0, 60)}\` AS SELECT * FROM \`${longest}\`;
  CREATE PROCEDURE \`p ${longest.slice(0, 60)}\`() SELECT '\\n'`

it.runIf(server)(
  'everything at once, odd names, on servers set oddly: equal through a sealed package',
  async () => {
    await using source = await startMariadb([
      ...[
        '--default-time-zone=+05:30',
        '--character-set-server=utf16',
        '--max-statement-time=1',
        '--lower-case-table-names=0',
      ],
      ...['--sql-mode=TRADITIONAL,NO_ZERO_DATE', '--event-scheduler=OFF'],
    ])
    await using target = await startMariadb([
      ...[
        '--default-time-zone=-03:00',
        '--sql-mode=TRADITIONAL,ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
        '--event-scheduler=OFF',
      ],
      ...['--character-set-server=latin1', '--collation-server=latin1_german2_ci'],
    ])
    const all = await readFile(
      join(import.meta.dirname, '../../packages/connector-mysql/test/torture.sql'),
      'utf8',
    )
    const made = (name: string, sql: string) => ({
      database: name,
      sql: () =>
        Buffer.from(
          `CREATE DATABASE \`${name.replaceAll('`', '``')}\` CHARACTER SET utf8mb4; USE \`${name.replaceAll('`', '``')}\`; SET sql_mode='';\n${sql}`,
        ),
    })
    const [everything, named] = await carrySamples(
      [made('torture', all), made(`od"d 'n%ame_\\ é\``, odd)],
      source,
      target,
    )
    expect(everything).toMatchObject({ restored: '', byHand: '' })
    expect(everything?.losses).toEqual([
      expect.stringContaining('event/ended: its time has passed'),
      expect.stringContaining('event/passed: its time has passed'),
      expect.stringContaining(
        'history/numbered: its former rows are numbered by the transactions of this server',
      ),
      expect.stringContaining('view/broken: the view does not work in the source either'),
    ])
    expect(named).toMatchObject({ losses: [], restored: '', byHand: '' })
  },
)
