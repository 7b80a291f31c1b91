import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hasMariadb, startMariadb } from '../../../test/services/mariadb.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { run } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'restitute-mysql-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A server whose certificate, which vouches for itself, is for this name; it holds a database `records`. */
async function serverNamed(name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, '-out', cert, ...subject], { stdio: 'ignore' })
  const server = await startMariadb([`--ssl-cert=${cert}`, `--ssl-key=${key}`])
  await run(server, 'CREATE DATABASE records')
  return Object.assign(server, { cert })
}

/** What a process that trusts the authority says of the database at this URL; the system is asked as anybody is. */
function seen(authority: string, url: string): string {
  const connector = join(import.meta.dirname, '../src/index.ts')
  const script = `const { mysqlConnector } = await import(${JSON.stringify(connector)})
    const { signal } = new AbortController()
    try {
      await using exporter = await mysqlConnector.freeze({ name: 'r', url: ${JSON.stringify(url)}, secret: 'test-secret' }, signal)
      console.log('read')
    } catch (error) { console.log(error.message, error.hint) }`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority }
  return execFileSync(process.execPath, args, { env, encoding: 'utf8' })
}

describe.skipIf(!hasMariadb() || !havePrograms('openssl'))('a server that is reached over TLS', () => {
  it('must be the one that the URL names, where everybody may have a certificate', async () => {
    await using other = await serverNamed('other.example')
    const url = `mysql://${other.user}@localhost:${other.port}/records?tls=required`
    expect(seen(other.cert, url)).toMatch(/HANDSHAKE_SSL_ERROR.*name the host in the url as it does/)
    // One whose authority the URL names may have any name.
    expect(seen(other.cert, `${url}&ca=${other.cert}`)).toBe('read\n')
  })

  it('is read where it is that one', async () => {
    await using own = await serverNamed('localhost')
    expect(seen(own.cert, `mysql://${own.user}@localhost:${own.port}/records?tls=required`)).toBe('read\n')
  })
})
