import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { mysqlConnector } from '../../packages/connector-mysql/src/index.ts'
import { run, specOf } from '../../packages/connector-mysql/test/support.ts'
import { type SqlServer, startMariadb } from '../services/mariadb.ts'
import type { SqlProgram } from '../services/sql-server.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { forget, gpgHome, pipeline, program } from './contenders.ts'
import { type Measured, measured } from './processor.ts'
import { printStages, sourceStages } from './source-stages.ts'
import { timed } from './timed.ts'

/*
 * A database out of MariaDB into a package, against `mariadb-dump | zstd | gpg`, alternating in the same run. The
 * server's processor time counts on both sides. `BENCH_SCALE` 1 is about 1 GiB of rows in three tables.
 */

const scale = Number(process.env['BENCH_SCALE'] ?? '1')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '3')

type Program = SqlServer & { readonly program: SqlProgram }

async function fill(server: Program): Promise<number> {
  const rows = Math.round(2_000_000 * scale)
  await run(
    server,
    `CREATE DATABASE bench; USE bench;
     CREATE TABLE patient(id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60), born DATE, weight DECIMAL(6,2), note VARCHAR(400));
     CREATE TABLE measure(id BIGINT AUTO_INCREMENT PRIMARY KEY, patient BIGINT, at DATETIME(3), kind INT, value DOUBLE, unit VARCHAR(10), comment VARCHAR(200));
     CREATE TABLE document(id INT AUTO_INCREMENT PRIMARY KEY, patient BIGINT, content MEDIUMBLOB);
     INSERT INTO patient(name, born, weight, note) SELECT CONCAT('Patient ', MD5(seq)), '1950-01-01' + INTERVAL seq % 20000 DAY, seq % 9000 / 100, REPEAT(CONCAT(MD5(seq * 3), ' '), 4) FROM seq_1_to_${rows};
     INSERT INTO measure(patient, at, kind, value, unit, comment) SELECT seq % 99991, '2020-01-01' + INTERVAL seq SECOND, seq % 40, seq * 0.37, 'mmol/l', CONCAT('value of ', seq, ' taken at the bedside by ', MD5(seq % 500)) FROM seq_1_to_${rows * 3};
     INSERT INTO document(patient, content) SELECT seq, RANDOM_BYTES(1024) FROM seq_1_to_${Math.round(rows / 40)};`,
  )
  const [[bytes] = []] = await run(
    server,
    "SELECT SUM(DATA_LENGTH) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bench'",
  )
  return Number(bytes)
}

async function openRound(server: Program): Promise<Case> {
  process.env['BENCH_MYSQL_SECRET'] = server.password
  const url = `mysql://${server.user}@${server.host}:${server.port}/bench`
  const c = await openCase({
    sources: async () => [{ name: 'records', url, more: 'secret: "env:BENCH_MYSQL_SECRET"' }],
  })
  await pin(c)
  return c
}

/** The same pipeline as for file trees, with the dump in the place of tar. */
function dumped(server: Program): string {
  const dump = `mariadb-dump --no-defaults -h127.0.0.1 -P${server.port} -u${server.user} -p${server.password} --single-transaction --quick --hex-blob --routines --events --triggers bench`
  return pipeline('.').replace('tar -C . -c .', dump)
}

async function bench(): Promise<void> {
  await using server = await startMariadb(['--innodb-buffer-pool-size=1G'])
  const bytes = await fill(server)
  await using c = await openRound(server)
  const env = await gpgHome(c)
  const rows: { us: Measured; pipeline: Measured }[] = []
  for (let i = 0; i < repeats; i++) {
    await forget(c)
    const ours = `${program} export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`
    const us = await measured(server.program.pid, () => timed(ours, c.root))
    const theirs = await measured(server.program.pid, () => timed(dumped(server), c.root, env))
    rows.push({ us, pipeline: theirs })
    await rm(join(c.root, 'all.tar.zst.pgp'), { force: true })
    print(bytes, us, theirs)
  }
  const stages = await sourceStages(mysqlConnector, specOf(server, 'bench'), server.program.pid)
  for (const { us } of rows) printStages(stages, us.wall)
  const result = { at: new Date().toISOString(), cores: availableParallelism(), scale, bytes, rows, stages }
  await writeFile('bench-mysql.json', `${JSON.stringify(result, undefined, 2)}\n`)
}

function print(bytes: number, us: Measured, pipeline_: Measured): void {
  const cells = ({ wall, cpu, server, peak }: Measured): string =>
    `wall ${wall.toFixed(1)} s, processor ${cpu.toFixed(1)} s + server ${server.toFixed(1)} s, peak ${formatBytes(peak)}`
  console.log(`${formatBytes(bytes)} in InnoDB; ratio of walls ${(pipeline_.wall / us.wall).toFixed(2)}`)
  console.log(`  ours:     ${cells(us)}`)
  console.log(`  pipeline: ${cells(pipeline_)}`)
}

await bench()
