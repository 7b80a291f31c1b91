import { createHash, randomBytes } from 'node:crypto'
import type { TestPlace } from '@restitute/conformance'
import type { SourceSpec } from '@restitute/core'
import pg from 'pg'
import type { PostgresServer } from '../../../test/services/postgres.ts'

export const signal: AbortSignal = new AbortController().signal

/** A database of a server as a source. */
export function specOf({ host, port, user }: PostgresServer, database: string, options = ''): SourceSpec {
  return { name: 'lab', url: `postgres://${user}@${host}:${port}/${database}${options}` }
}

/** Runs SQL by the driver alone. */
export async function sql(server: PostgresServer, database: string, text: string): Promise<pg.QueryResult> {
  const { host, port, user } = server
  const client = new pg.Client({ host, port, user, database })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

/** A new database, filled; it is dropped with the scope. `fill` undefined: only the name, no database yet. */
export async function place(
  server: PostgresServer,
  fill: string | undefined,
): Promise<TestPlace & { database: string }> {
  const database = `place_${randomBytes(6).toString('hex')}`
  if (fill !== undefined) {
    await sql(server, 'postgres', `CREATE DATABASE ${database} TEMPLATE template0`)
    await sql(server, database, fill)
  }
  return {
    database,
    spec: specOf(server, database),
    digest: () => digest(server, database),
    [Symbol.asyncDispose]: () =>
      sql(server, 'postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`).then(() => {}),
  }
}

/** Everything in the database, and every database, role, session and slot that a reader could leave behind. */
async function digest(server: PostgresServer, database: string): Promise<string> {
  const hash = createHash('sha256')
  const rows = async (name: string, text: string): Promise<string[]> => {
    const { rows } = await sql(server, name, text)
    const lines = rows.map((row) => JSON.stringify(row))
    hash.update(`${text}\n${lines.join('\n')}\n`)
    return rows.map((row) => String(Object.values(row)[0]))
  }
  await quiet(server)
  await rows('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'restitute%' ORDER BY 1")
  await rows('postgres', 'SELECT rolname FROM pg_roles ORDER BY 1')
  await rows(
    'postgres',
    "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'restitute%' ORDER BY 1",
  )
  const [there] = await rows(
    'postgres',
    `SELECT datname, datacl::text FROM pg_database WHERE datname = '${database}'`,
  )
  if (!there) return hash.digest('hex')
  const tables = await rows(
    database,
    "SELECT format('%I.%I', nspname, relname), relkind, relacl::text, reloptions FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND relkind = 'r' ORDER BY 1",
  )
  for (const table of tables) await rows(database, `SELECT t::text FROM ${table} t ORDER BY 1`)
  await rows(database, 'SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2')
  await rows(
    database,
    'SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid >= 16384 ORDER BY 1',
  )
  await rows(database, 'SELECT proname, prosrc FROM pg_proc WHERE oid >= 16384 ORDER BY 1, 2')
  await rows(database, 'SELECT loid::text, pageno, md5(data) FROM pg_largeobject ORDER BY 1, 2')
  return hash.digest('hex')
}

/** Sessions that were told to end do so within moments. */
async function quiet(server: PostgresServer): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt++) {
    const { rows } = await sql(
      server,
      'postgres',
      "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'restitute%' AND pid <> pg_backend_pid()",
    )
    if (rows.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A small hospital: some of everything that the cases ask for. */
export const hospital = `
  CREATE TYPE sex AS ENUM ('female', 'male', 'other');
  CREATE DOMAIN postcode AS text CHECK (VALUE ~ '^[0-9]{5}$');
  CREATE SCHEMA "Été";
  CREATE TABLE patient(id integer PRIMARY KEY, name text NOT NULL, born date, sex sex, postcode postcode);
  CREATE TABLE "Été".stay(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, patient integer REFERENCES patient,
    note text, weight double precision, double double precision GENERATED ALWAYS AS (weight * 2) STORED, came timestamptz);
  CREATE TABLE code(code text PRIMARY KEY, label text);
  CREATE TABLE empty(a integer, b text);
  CREATE TABLE measure(at timestamptz, value numeric) PARTITION BY RANGE (at);
  CREATE TABLE measure_2026 PARTITION OF measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE person(name text);
  CREATE TABLE doctor(rpps text) INHERITS (person);
  CREATE INDEX stay_patient ON "Été".stay(patient);
  CREATE VIEW heavy AS SELECT * FROM "Été".stay WHERE weight > 100;
  CREATE MATERIALIZED VIEW by_sex AS SELECT sex, count(*) FROM patient GROUP BY sex;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := NEW.note || ''!''; RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON "Été".stay FOR EACH ROW EXECUTE FUNCTION touch();
  COMMENT ON TABLE patient IS 'who came';
  GRANT SELECT ON patient TO PUBLIC;
  INSERT INTO patient SELECT i, 'Patient ' || i, date '1950-01-01' + i, 'female', '75001' FROM generate_series(1, 900) i;
  INSERT INTO "Été".stay(patient, note, weight, came)
    SELECT id, CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE E'came,\\n"so" ' || repeat('x', id % 60) END, id * 0.37, '2026-03-01'
    FROM patient;
  INSERT INTO code SELECT 'A' || i, repeat('label ', 20) FROM generate_series(1, 900) i;
  INSERT INTO measure SELECT timestamptz '2026-01-01 UTC' + i * interval '1 hour', i / 7.0 FROM generate_series(1, 300) i;
  INSERT INTO person VALUES ('Ann'); INSERT INTO doctor VALUES ('Bob', '1');
  REFRESH MATERIALIZED VIEW by_sex;
  SELECT lo_from_bytea(4242, decode(repeat('00ff0a22', 12000), 'hex'));
  SELECT lo_from_bytea(4243, 'short');`
