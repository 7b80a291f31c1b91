import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import { answering, hostileRegistry, parts, type Trick } from './hostile-registry.ts'
import { blob, image, types } from './images.ts'
import { exportAll, signal, spec } from './support.ts'

const good = image('good', [2_000])
const large = image('large', [3_000_000])
const [, largeLayer = blob('', types.layer)] = large.blobs
const tags = { good: good.manifest, large: large.manifest }
const layerPath = `/v2/a/b/blobs/${largeLayer.digest}`

describe('credentials', () => {
  it('do not follow a redirection to another host', async () => {
    await using elsewhere = await hostileRegistry({}, [], answering(largeLayer.bytes))
    const secret = 'reader:secret'
    const basic = `Basic ${Buffer.from(secret).toString('base64')}`
    await using registry = await hostileRegistry(tags, parts(good, large), (request, response) => {
      if (request.headers.authorization !== basic) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="tests"' }).end()
        return true
      }
      if (request.url !== layerPath) return false
      response
        .writeHead(307, { location: `${elsewhere.origin}/bucket/${largeLayer.digest}?signature=1` })
        .end()
      return true
    })
    const { losses: lost, entries } = await exportAll(spec(`${registry.origin}/a/b`, secret))
    expect(lost).toEqual([])
    expect(entries.map(({ size }) => size)).toContain(3_000_000)
    expect(registry.authorizations.length).toBeGreaterThan(0)
    expect(elsewhere.asked.length).toBe(1)
    expect(elsewhere.authorizations).toEqual([])
  })

  it('do not go to a token service that another host names, to which the registry redirects', async () => {
    let service = ''
    await using elsewhere = await hostileRegistry({}, [], (_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${service}/token",service="x"` }).end()
      return true
    })
    await using registry = await hostileRegistry(tags, parts(good, large), (request, response) => {
      if (request.url?.startsWith('/token') === true) response.end('{"token":"a-token"}')
      else if (request.url === layerPath) response.writeHead(307, { location: `${elsewhere.origin}/x` }).end()
      else return false
      return true
    })
    // One that the rule of TLS lets through.
    service = registry.origin
    const { losses: lost } = await exportAll(spec(`${registry.origin}/a/b`, 'reader:secret'))
    expect(lost.map((one) => one.lost)).toEqual(['the registry refuses it to this account'])
    expect(registry.authorizations).toEqual([])
  })

  it('are exchanged for a token, with the scope that the registry asks for', async () => {
    const scopes: string[] = []
    const trick: Trick = (request, response) => {
      const url = new URL(request.url ?? '', 'http://registry')
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.get('scope') ?? '')
        response.end(JSON.stringify({ token: 'a-token' }))
        return true
      }
      if (request.headers.authorization === 'Bearer a-token') return false
      const realm = `http://${request.headers.host}/token`
      const scope = url.pathname === '/v2/' ? '' : ',scope="repository:a/b:pull"'
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="tests"${scope}` }).end()
      return true
    }
    await using registry = await hostileRegistry(tags, parts(good, large), trick)
    expect((await exportAll(spec(`${registry.origin}/a/b`, 'reader:secret'))).losses).toEqual([])
    expect(new Set(scopes)).toEqual(new Set(['', 'repository:a/b:pull']))
    expect(registry.authorizations.filter((one) => one.startsWith('Basic')).length).toBe(scopes.length)
  })

  it('are not given to a token service elsewhere without TLS', async () => {
    await using elsewhere = await hostileRegistry({}, [])
    await using registry = await hostileRegistry(tags, parts(good), (_, response) => {
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${elsewhere.origin}/token",service="x"` })
        .end()
      return true
    })
    await expect(exportAll(spec(`${registry.origin}/a/b`))).rejects.toMatchObject({
      code: 'source-unreachable',
    })
    await expect(exportAll(spec(`${registry.origin}/a/b`, 'reader:secret'))).rejects.not.toThrow('secret"')
    expect(elsewhere.asked).toEqual([])
  })

  it('in the URL, or over plain HTTP to another machine, are refused', async () => {
    await expect(ociConnector.freeze(spec('https://u:p@registry.example/a'), signal)).rejects.toMatchObject({
      code: 'secret-in-clear',
    })
    await expect(ociConnector.freeze(spec('http://registry.example/a', 'u:p'), signal)).rejects.toMatchObject(
      { code: 'usage' },
    )
  })
})
