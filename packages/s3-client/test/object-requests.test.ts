import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentsFor, clientOf, ObjectRequests, ServiceRefusal, s3LocationOf } from '../src/index.ts'

const { signal } = new AbortController()

/** A server that notes what it is asked for. */
let server: Server
let asked: Pick<IncomingMessage, 'url' | 'headers'>[] = []
let answer = { status: 200, body: '' }
beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    asked.push({ ...(url !== undefined && { url }), headers })
    response.writeHead(answer.status, { 'x-amz-request-id': 'tx1' })
    response.end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

/** Requests to where a URL leads, all of which end at the server of this test. */
function requestsTo(url: string): ObjectRequests {
  const { port } = server.address() as AddressInfo
  const location = s3LocationOf(url)
  const agents = agentsFor(location)
  agents.httpAgent.createConnection = () => connect(port, '127.0.0.1')
  return new ObjectRequests(clientOf(location, 'access:secret', agents), agents, location.bucket)
}

const ask = async (url: string, key: string, query: Record<string, string> = {}) => {
  asked = []
  const sent = await requestsTo(url).send({ method: 'GET', key, query }, signal)
  sent.resume()
  return asked[0]
}

describe('requests for objects', () => {
  it.each([
    ['s3://bucket?endpoint=http://s3.example.org', 's3.example.org', '/bucket/a'],
    ['s3://bucket?endpoint=http://s3.example.org:8080/&style=virtual', 'bucket.s3.example.org:8080', '/a'],
  ])('%s: go where the SDK says', async (url, host, path) => {
    expect(await ask(url, 'a')).toMatchObject({ url: path, headers: { host } })
  })

  it('name any key as it is, and are signed for the region of the location', async () => {
    const found = await ask(
      's3://bucket?endpoint=http://s3.example.org&region=fr-par',
      "/../a//b c+d%é'(*)!\n",
      { acl: '', versionId: 'x+/=' },
    )
    expect(found?.url).toBe('/bucket//../a//b%20c%2Bd%25%C3%A9%27%28%2A%29%21%0A?acl&versionId=x%2B%2F%3D')
    expect(found?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=access\/\d{8}\/fr-par\/s3\//)
    expect(found?.headers.authorization).not.toContain('secret')
  })

  it('tell what a refusal says', async () => {
    answer = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
    const refused = ask('s3://bucket?endpoint=http://s3.example.org', 'a')
    await expect(refused).rejects.toBeInstanceOf(ServiceRefusal)
    await expect(refused).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403, requestId: 'tx1' },
    })
    answer = { status: 200, body: '' }
  })
})
