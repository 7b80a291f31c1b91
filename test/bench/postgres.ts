import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { postgresConnector } from '../../packages/connector-postgres/src/index.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import { type PostgresServer, startPostgres } from '../services/postgres.ts'
import { openCase, pin } from '../support/case.ts'
import { exportCommand, forget, gpgHome, sealer } from './contenders.ts'
import { type Measured, measured } from './processor.ts'
import { printStages, sourceStages } from './source-stages.ts'
import { timed } from './timed.ts'

/*
 * A database out of PostgreSQL into a package, against what is done today, alternating in the same run: `pg_dump -Fd -j2`
 * as it is, sealed afterwards; the same without its gzip, through zstd; `pg_dump | zstd | gpg`. The server's processor
 * time counts on all sides. `BENCH_SCALE` 1 is about 1 GiB of CSV in three tables.
 */

const scale = Number(process.env['BENCH_SCALE'] ?? '1')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '3')

type Program = PostgresServer & { readonly pid: number }

async function fill(server: Program): Promise<number> {
  const rows = Math.round(1_000_000 * scale)
  await sql(server, 'postgres', 'CREATE DATABASE bench')
  await sql(
    server,
    'bench',
    `CREATE TABLE patient(id bigint PRIMARY KEY, name text, born date, weight numeric(6,2), note text);
     CREATE TABLE measure(id bigint PRIMARY KEY, patient bigint, at timestamptz, kind integer, value double precision, unit text, comment text);
     CREATE TABLE document(id integer PRIMARY KEY, patient bigint, content bytea);
     INSERT INTO patient SELECT i, 'Patient ' || md5(i::text), date '1950-01-01' + i % 20000, i % 9000 / 100.0, repeat(md5((i * 3)::text) || ' ', 4) FROM generate_series(1, ${rows}) i;
     INSERT INTO measure SELECT i, i % 99991, timestamptz '2020-01-01 UTC' + i * interval '1 s', i % 40, i * 0.37, 'mmol/l', 'value of ' || i || ' taken at the bedside by ' || md5((i % 500)::text) FROM generate_series(1, ${rows * 6}) i;
     INSERT INTO document SELECT i, i, (SELECT string_agg(sha512((i || ' ' || j)::text::bytea), '') FROM generate_series(1, 64) j) FROM generate_series(1, ${Math.round(rows / 50)}) i;`,
  )
  await sql(server, 'bench', 'VACUUM ANALYZE')
  const { rows: sizes } = await sql(server, 'bench', "SELECT pg_database_size('bench') AS bytes")
  return Number((sizes[0] as { bytes: string }).bytes)
}

/** The ways to do it without us, each leaving `all.tar.zst.pgp`. */
function contenders({ host, port, user }: Program): Readonly<Record<string, string>> {
  const dump = `pg_dump -h ${host} -p ${port} -U ${user}`
  return {
    'pg_dump -Fd -j2, tar | gpg': `${dump} -Fd -j2 -f dump bench && tar -c dump | ${sealer}`,
    'pg_dump -Fd -Z0 -j2, tar | zstd | gpg': `${dump} -Fd -Z0 -j2 -f dump bench && tar -c dump | zstd -q -T0 -3 | ${sealer}`,
    'pg_dump | zstd | gpg': `${dump} bench | zstd -q -T0 -3 | ${sealer}`,
  }
}

async function bench(): Promise<void> {
  const started = await startPostgres('system')
  if (started?.pid === undefined) throw new Error('a PostgreSQL of this machine is needed, not one elsewhere')
  await using server = started as Program
  const bytes = await fill(server)
  const url = `postgres://${server.user}@${server.host}:${server.port}/bench`
  await using c = await openCase({ sources: async () => [{ name: 'records', url }] })
  await pin(c)
  const env = await gpgHome(c)
  const rounds: Record<string, Measured>[] = []
  for (let i = 0; i < repeats; i++) {
    await forget(c)
    const round: Record<string, Measured> = {
      ours: await measured(server.pid, () => timed(exportCommand(c), c.root)),
    }
    for (const [name, command] of Object.entries(contenders(server))) {
      round[name] = await measured(server.pid, () => timed(command, c.root, env))
      for (const left of ['dump', 'all.tar.zst.pgp'])
        await rm(join(c.root, left), { recursive: true, force: true })
    }
    print(bytes, round)
    rounds.push(round)
  }
  const stages = await sourceStages(postgresConnector, specOf(server, 'bench'), server.pid)
  for (const { ours } of rounds) printStages(stages, ours?.wall ?? 0)
  const result = { at: new Date().toISOString(), cores: availableParallelism(), scale, bytes, rounds, stages }
  await writeFile('bench-postgres.json', `${JSON.stringify(result, undefined, 2)}\n`)
}

function print(bytes: number, round: Readonly<Record<string, Measured>>): void {
  console.log(`${formatBytes(bytes)} in PostgreSQL`)
  const ours = round['ours']?.wall ?? 0
  for (const [name, { wall, cpu, server, peak }] of Object.entries(round)) {
    const figures = `wall ${wall.toFixed(1)} s, processor ${cpu.toFixed(1)} s + server ${server.toFixed(1)} s, peak ${formatBytes(peak)}`
    console.log(`  ${name.padEnd(38)} ${figures}; its wall ÷ ours ${(wall / ours).toFixed(2)}`)
  }
}

await bench()
