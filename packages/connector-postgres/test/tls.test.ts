import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { exportAll } from './carry.ts'
import { place, sql } from './support.ts'

const server = havePrograms('psql', 'openssl') ? await startPostgres('system') : undefined
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-tls-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

const file = (name: string): string => join(folder, name)

/** A key, and a certificate that vouches for itself. */
function certify(name: string): void {
  const making = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    file(`${name}.key`),
  ]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...making, '-out', file(`${name}.pem`), ...subject], {
    stdio: 'ignore',
  })
}

/** Puts a file where the server reads it, and it alone. */
function given(data: string, name: string): void {
  const { uid, gid } = statSync(data)
  copyFileSync(file(name), join(data, name))
  chownSync(join(data, name), uid, gid)
}

describe.skipIf(!server?.folder)('a server that is entered over TLS alone', () => {
  const db = server as NonNullable<typeof server>

  beforeAll(async () => {
    const data = join(db.folder ?? '', 'data')
    for (const name of ['server', 'reader']) certify(name)
    for (const name of ['server.key', 'server.pem', 'reader.pem']) given(data, name)
    const settings =
      "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'reader.pem'\n"
    appendFileSync(join(data, 'postgresql.conf'), settings)
    const access = readFileSync(join(data, 'pg_hba.conf'), 'utf8')
    const first = 'hostnossl all by_tls all reject\nhostssl all by_tls all trust clientcert=verify-ca\n'
    writeFileSync(join(data, 'pg_hba.conf'), `${first}${access}`)
    await db.restart?.()
    await sql(db, 'postgres', 'CREATE ROLE by_tls LOGIN SUPERUSER')
  })

  it('whose certificate is verified, and that asks for one, gives its rows and its definitions', async () => {
    await using source = await place(db, 'CREATE TABLE t(a int); INSERT INTO t VALUES (1)')
    const [ca, cert, key] = ['server.pem', 'reader.pem', 'reader.key'].map((name) =>
      encodeURIComponent(file(name)),
    )
    const tls = `?sslmode=verify-full&sslrootcert=${ca}&sslcert=${cert}&sslkey=${key}`
    const url = `postgres://by_tls@127.0.0.1:${db.port}/${source.database}${tls}`
    const { losses, entries } = await exportAll({ name: 'lab', url }, file('bag'))
    expect(losses).toEqual([])
    expect(entries.map(({ path }) => path)).toContain('data/definitions/3-pre-data.sql')
  })
})
