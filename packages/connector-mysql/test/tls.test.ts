import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasMariadb } from '../../../test/services/mariadb.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { serverNamed } from './server-named.ts'

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
