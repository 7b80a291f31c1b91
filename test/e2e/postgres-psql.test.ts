import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { connectorOf } from '../../cli/src/connectors.ts'
import { specOf, sql } from '../../packages/connector-postgres/test/support.ts'
import type { Item } from '../../packages/core/src/index.ts'
import { startPostgres } from '../services/postgres.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { loadSample, postgresSamples, sampleFolders } from '../support/postgres-samples.ts'
import { havePrograms } from '../support/programs.ts'
import { haveShared } from '../support/shared-data.ts'

const run = promisify(execFile)
const programs = havePrograms('psql', 'gpg', 'zstd', 'tar', 'sha256sum')
const shared = haveShared(...sampleFolders)
const server = programs && shared ? await startPostgres('system') : undefined
const root = await mkdtemp(join(tmpdir(), 'restitute-psql-'))
const { signal } = new AbortController()
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

// Partitioned ones, too.
const ownTables =
  "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'"

describe.skipIf(!server)('a real PostgreSQL database out of a sealed package', () => {
  const db = server as NonNullable<typeof server>

  /** What a recipient does who never heard of Restitute: open.sh, then psql as the bag's own README says. */
  async function rebuildByHand(c: Case, name: string): Promise<void> {
    const folder = join(c.vault, 'R1-0001')
    const keys = join(c.root, 'keys')
    const env = { ...process.env, GNUPGHOME: join(c.root, 'gnupg'), LC_ALL: 'C.UTF-8' }
    const importing = `mkdir -m 700 gnupg && gpg -q --batch --import ${keys}/client-2.key ${keys}/operator.asc`
    await run('sh', ['-c', importing], { cwd: c.root, env })
    const opened = join(c.root, 'opened')
    await run('sh', ['open.sh', c.cast.key('operator').fingerprint, opened], { cwd: folder, env })
    const connection = ['-h', db.host, '-p', String(db.port), '-U', db.user, '-d', 'postgres']
    const args = [...connection, '-q', '-v', `database=${name}`, '-f', 'restore.sql']
    await run('psql', args, { cwd: join(opened, 'lab', 'data'), maxBuffer: 1 << 26 })
  }

  async function inventory(name: string): Promise<Item[]> {
    const spec = specOf(db, name)
    const connector = await connectorOf(spec.url)
    await using exporter = await connector.freeze(spec, signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    await connector.release?.(spec, exporter.view, signal)
    return items
  }

  it.each(postgresSamples)('rebuilds %s, by restore and by psql alone', async (name, file) => {
    await loadSample(db, name, file)
    const items = await inventory(name)
    expect(items.filter(({ lost }) => lost !== undefined)).toEqual([])
    const tables = items.filter(({ id }) => /^definition\/(partitioned-)?table\//.test(id)).length
    expect((await sql(db, name, ownTables)).rows).toEqual([{ tables }])

    await using c = await openCase({ sources: async () => [{ name: 'lab', url: specOf(db, name).url }] })
    await pin(c)
    expect((await exportPackage(c)).exit).toBe(0)
    const restored = await restore(c.session, {
      ...{ packages: [join(c.vault, 'R1-0001')], key: c.keyFile('client-1'), source: 'lab' },
      ...{ to: specOf(db, `${name}_ours`).url, compare: true },
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    })
    expect(restored).toMatchObject({ exit: 0, json: { comparison: { different: 0 } } })
    await rebuildByHand(c, `${name}_psql`)
    const compared = (await connectorOf('postgres:')).compare(specOf(db, `${name}_psql`), each(items), signal)
    expect(await Array.fromAsync(compared)).toEqual([])
  })
})

async function* each<T>(all: readonly T[]): AsyncIterable<T> {
  yield* all
}
