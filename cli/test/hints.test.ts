import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asRestituteError } from '@restitute/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTlsFront } from '../../test/services/tls-front.ts'
import { connectorOf } from '../src/connectors.ts'
import { hintOf } from '../src/hints.ts'

const { signal } = new AbortController()

async function hintOfOpening(url: string): Promise<string | undefined> {
  const connector = await connectorOf(url)
  const opened = connector.freeze({ name: 'source', url, secret: 'reader:secret' }, signal)
  return opened.then(
    () => 'opened',
    (error: unknown) => hintOf(asRestituteError(error)),
  )
}

describe('what can be done about an error', () => {
  it('of a server whose certificate is by an authority of the house is said', async () => {
    const server = createServer((_, response) => response.end('{}'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    await using front = await startTlsFront(`http://127.0.0.1:${port}`)
    expect(await hintOfOpening(`oci:${front.endpoint}/a/b`)).toContain('NODE_EXTRA_CA_CERTS')
  })
})
