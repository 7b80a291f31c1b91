import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { leafExtensions, startTsa, type Tsa } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { requestTimestamp, stampBy, type TimestampVerdict, verifyTimestamp } from '../src/x509.ts'
import { opensslAccepts, signedAnew, stampOf } from './timestamp-support.ts'

const data = Buffer.from('-----BEGIN PGP SIGNATURE-----\n')
const years = (n: number): Date => new Date(Date.now() + n * 365 * 86_400_000)

describe.skipIf(!havePrograms('openssl'))('time stamps', () => {
  let tsa: Tsa
  let token: Uint8Array
  beforeAll(async () => {
    tsa = await startTsa()
    token = await stampOf(tsa, data)
  })
  afterAll(async () => tsa[Symbol.asyncDispose]())
  const judge = (o: Partial<Parameters<typeof verifyTimestamp>[0]> = {}) =>
    verifyTimestamp({ token, data, roots: [tsa.rootBytes], ...o })

  it.each([{}, { key: 'rsa' as const }, { intermediate: true }])(
    'are asked for, and openssl agrees: %o',
    async (o) => {
      await using other = await startTsa(o)
      const before = Date.now()
      const made = await stampOf(other, data)
      const verdict = await verifyTimestamp({ token: made, data, roots: [other.rootBytes] })
      expect(verdict).toMatchObject({
        state: 'good',
        authority: expect.stringMatching(/^CN=Test leaf .*, O=Restitute/),
      })
      const { time } = verdict as { time: Date }
      expect(time.getTime()).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000)
      expect(time.getTime()).toBeLessThanOrEqual(Date.now())
      expect(opensslAccepts(other, data, made)).toBe(true)
    },
  )

  it('are of one thing only', async () => {
    const other = Buffer.from('other')
    expect(await judge({ data: other })).toMatchObject({ state: 'other-data' })
    expect(opensslAccepts(tsa, other, token)).toBe(false)
  })

  it('say nothing without the root of their authority', async () => {
    await using other = await startTsa()
    for (const roots of [[], [other.rootBytes]])
      expect(await judge({ roots })).toMatchObject({ state: 'untrusted' })
    expect(await judge({ roots: [other.rootBytes, tsa.rootBytes] })).toMatchObject({ state: 'good' })
    expect(opensslAccepts(other, data, token)).toBe(false)
    await expect(judge({ roots: [Buffer.from('no certificate')] })).rejects.toMatchObject({
      code: 'key-unfit',
    })
  })

  it('stay good when the certificates of their authority have expired', async () => {
    expect(opensslAccepts(tsa, data, token, years(5))).toBe(false)
    vi.useFakeTimers({ toFake: ['Date'], now: years(5) })
    try {
      expect(await judge()).toMatchObject({ state: 'good' })
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['its certificate had expired', { until: new Date(Date.now() - 60_000) }],
    ['its certificate was not valid yet', { from: years(1), until: years(2) }],
  ])('are not those of an authority when %s', async (_, o) => {
    await using other = await startTsa({ ...o, rootUntil: years(3) })
    const made = await stampOf(other, data)
    const verdict = await verifyTimestamp({ token: made, data, roots: [other.rootBytes] })
    expect(verdict).toMatchObject({ state: 'authority-unfit' })
    expect(opensslAccepts(other, data, made)).toBe(false)
  })

  it('need a root that was valid then', async () => {
    const until = new Date(Date.now() - 60_000)
    await using other = await startTsa({ until: years(1), rootUntil: until })
    const made = await stampOf(other, data)
    const verdict = await verifyTimestamp({ token: made, data, roots: [other.rootBytes] })
    expect(verdict).toMatchObject({ state: 'untrusted' })
    expect(opensslAccepts(other, data, made)).toBe(false)
  })

  const [basic = '', usage = '', purpose = ''] = leafExtensions
  it.each([
    ['with no purpose', [basic, usage], 'authority-unfit'],
    ['with another purpose', [basic, usage, 'extendedKeyUsage=critical,serverAuth'], 'authority-unfit'],
    ['with a second purpose', [basic, usage, `${purpose},serverAuth`], 'authority-unfit'],
    [
      'with a purpose that is not critical',
      [basic, usage, 'extendedKeyUsage=timeStamping'],
      'authority-unfit',
    ],
    ['with a key for certificates', [basic, 'keyUsage=critical,keyCertSign', purpose], 'authority-unfit'],
    ['in order', leafExtensions, 'good'],
  ])('of a certificate %s are judged as openssl judges them', async (_, extensions, state) => {
    const anew = await signedAnew(token, data, { extensions })
    expect(anew.verdict).toMatchObject({ state })
    expect(anew.openssl).toBe(state === 'good')
  })

  it('must name the certificate of their authority in what is signed', async () => {
    const anew = await signedAnew(token, data, {}, [])
    expect(anew.verdict).toMatchObject({ state: 'malformed' })
    expect(anew.openssl).toBe(false)
  })

  it('must not be made with SHA-1', async () => {
    const anew = await signedAnew(token, data, {}, ['-cades', '-md', 'sha1'])
    expect(anew.verdict).toMatchObject({ state: 'weak' })
  })

  it('survive no change that matters', async () => {
    const original = await judge()
    const verdicts: TimestampVerdict[] = []
    for (let at = 0; at < token.length; at += 5) {
      const changed = Uint8Array.from(token)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      verdicts.push(await judge({ token: changed }))
    }
    const of = (state: string) => verdicts.filter((verdict) => verdict.state === state)
    expect(of('bad-signature').length).toBeGreaterThan(10)
    // What no signature covers (the status text, the root in the bag) may change; what is said may not.
    expect(new Set(of('good').map((verdict) => JSON.stringify(verdict)))).toEqual(
      new Set([JSON.stringify(original)]),
    )
    for (let end = 0; end < token.length; end += 7) {
      expect(await judge({ token: token.subarray(0, end) })).toMatchObject({ state: 'malformed' })
    }
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 251))],
    ['nested without end', Buffer.alloc(60_000, 0x30)],
    ['indefinite lengths', Buffer.alloc(60_000, Buffer.from('3080', 'hex'))],
    ['too much', Buffer.alloc(1_000_000)],
    ['two replies', 'twice'],
  ])('of hostile bytes are malformed: %s', async (_, bytes) => {
    const hostile = bytes === 'twice' ? Buffer.concat([token, token]) : (bytes as Buffer)
    expect(await judge({ token: hostile })).toMatchObject({ state: 'malformed' })
  })
})

describe.skipIf(!havePrograms('openssl'))('asking for a time stamp', () => {
  const failing = { code: 'timestamp-failed', exit: 4 }

  it('refuses the answer to another request', async () => {
    await using tsa = await startTsa()
    const old = await stampOf(tsa, data)
    const replay = async () => new Response(new Uint8Array(old))
    const asked = requestTimestamp({ url: tsa.url, data, fetch: replay })
    await expect(asked).rejects.toMatchObject({ ...failing, message: expect.stringContaining('nonce') })
  })

  it('refuses a refusal', async () => {
    await using tsa = await startTsa({ digests: 'sha512' })
    await expect(stampOf(tsa, data)).rejects.toMatchObject({
      ...failing,
      message: expect.stringContaining('refused'),
    })
  })

  it('refuses what nobody could verify later', async () => {
    await using tsa = await startTsa({ until: new Date(Date.now() - 60_000) })
    await expect(stampBy({ url: tsa.url, roots: [tsa.rootBytes] })(data)).rejects.toMatchObject(failing)
    await using other = await startTsa()
    await expect(stampBy({ url: other.url, roots: [tsa.rootBytes] })(data)).rejects.toMatchObject(failing)
    expect(await stampBy({ url: other.url, roots: [other.rootBytes] })(data)).toBeInstanceOf(Uint8Array)
  })

  it.each([
    ['an error page', (n: number) => ({ status: 500, body: 'x'.repeat(n) })],
    ['something else', () => ({ status: 200, body: '<html>' })],
    ['a redirection', () => ({ status: 302, body: '' })],
    ['far too much', () => ({ status: 200, body: 'x'.repeat(10_000_000) })],
  ])('ends in a clear error after %s', async (_, reply) => {
    const { status, body } = reply(10)
    const server = createServer((_request, response) => {
      response
        .on('error', () => {})
        .writeHead(status, status === 302 ? { location: '/' } : {})
        .end(body)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as { port: number }
    await expect(requestTimestamp({ url: `http://127.0.0.1:${port}/`, data })).rejects.toMatchObject(failing)
    server.closeAllConnections()
    server.close()
  })

  it('ends when nobody is there, and when it is interrupted', async () => {
    await expect(requestTimestamp({ url: 'http://127.0.0.1:1/', data })).rejects.toMatchObject(failing)
    const signal = AbortSignal.abort()
    const asked = requestTimestamp({ url: 'http://127.0.0.1:1/', data, signal })
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' })
  })
})
