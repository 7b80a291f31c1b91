import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'
import { run } from './support.ts'

/** A server over TLS, and the file of its certificate. */
export type NamedServer = SqlServer & { readonly cert: string }

/** A server whose certificate, which vouches for itself, is for this name; it holds a database `records`. */
export async function serverNamed(name: string): Promise<NamedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'restitute-mysql-tls-'))
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, '-out', cert, ...subject], { stdio: 'ignore' })
  const server = await startMariadb([`--ssl-cert=${cert}`, `--ssl-key=${key}`])
  await run(server, 'CREATE DATABASE records')
  const stop = server[Symbol.asyncDispose].bind(server)
  return Object.assign(server, {
    cert,
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}
