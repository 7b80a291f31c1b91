import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A server reached over TLS, by a certificate that only its own authority vouches for. */
export interface TlsFront extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`. */
  readonly endpoint: string
  /** File with the authority's certificate (PEM). */
  readonly authority: string
}

/** Puts TLS before a server that speaks HTTP. */
export async function startTlsFront(endpoint: string): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-tls-'))
  const [key, authority] = [join(folder, 'key.pem'), join(folder, 'authority.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  await run('openssl', ['req', '-x509', ...made, '-out', authority, ...subject])
  const { hostname, port } = new URL(endpoint)
  const open = new Set<Socket>()
  const server = createServer({ key: await readFile(key), cert: await readFile(authority) }, (socket) => {
    open.add(socket)
    const onward = connect(Number(port), hostname)
    pipeline(socket, onward, () => {})
    pipeline(onward, socket, () => open.delete(socket))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
