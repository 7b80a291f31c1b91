import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leafExtensions, makeAuthority, revocationList, startTsa, type Tsa } from '../services/tsa.ts'
import { codes } from '../support/bundles.ts'
import { agreeScope, type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { havePrograms } from '../support/programs.ts'
import { letters } from '../support/receipts.ts'

/*
 * Revocation lists are fetched only when somebody asks for it, only from where a trusted authority's certificate says, and
 * what comes is believed only as far as its issuer has signed it.
 */

const day = 86_400_000

describe.skipIf(!havePrograms('openssl'))('verify --fetch-crl', () => {
  let server: Server
  let tsa: Tsa
  let c: Case
  let asked = 0
  let answer: Buffer = Buffer.alloc(0)
  let headers: Record<string, string> = {}

  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1
      response.writeHead(headers['location'] === undefined ? 200 : 302, headers)
      response.end(answer)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list.crl`
    tsa = await startTsa({
      from: new Date(Date.now() - 200 * day),
      extensions: [...leafExtensions, `crlDistributionPoints=URI:${url}`],
    })
    const timestamp = `timestamp: { url: "${tsa.url}", certificate: keys/tsa.pem, fingerprint: "${tsa.fingerprint}" }\n`
    c = await openCase({ sources: letters, contract: (yaml) => yaml + timestamp })
    await writeFile(join(c.dossier, 'keys/tsa.pem'), tsa.rootBytes)
    tsa.setClock(c.clock.at)
    await pin(c)
    await agreeScope(c)
    await exportPackage(c)
  })
  afterAll(async () => {
    await c[Symbol.asyncDispose]()
    await tsa[Symbol.asyncDispose]()
    server.close()
  })

  const verify = (path: string, ...more: readonly string[]): Promise<CliRun> =>
    restitute(['verify', path, '--dossier', c.dossier, '--json', ...more])
  const scope = (): string => join(c.dossier, 'documents', 'scope-R1.json')
  const said = (run: CliRun): string => JSON.stringify(run.json())

  it('asks nobody without the option', async () => {
    const run = await verify(scope())
    expect([run.exit, asked]).toEqual([0, 0])
    expect(said(run)).toContain('revocation was not checked')
  })

  it('looks the authority up in the list of its issuer, for a document and for a package', async () => {
    answer = revocationList(tsa.folder, {})
    for (const path of [scope(), join(c.vault, 'R1-0001')]) {
      const run = await verify(path, '--fetch-crl')
      expect([run.exit, said(run)]).toEqual([0, expect.stringContaining('was not revoked by the list of')])
    }
    expect(asked).toBe(2)
  })

  it('finds a certificate whose key was stolen', async () => {
    answer = revocationList(tsa.folder, { at: new Date(), reason: 'keyCompromise' })
    const run = await verify(scope(), '--fetch-crl')
    expect([run.exit, codes(run)]).toEqual([3, expect.arrayContaining(['stamp-invalid'])])
  })

  it('believes no list of somebody else', async () => {
    using other = makeAuthority()
    answer = revocationList(other.folder, { at: new Date(), reason: 'keyCompromise' })
    const run = await verify(scope(), '--fetch-crl')
    expect([run.exit, said(run)]).toEqual([0, expect.stringContaining('revocation was not checked')])
  })

  it.each<[string, Buffer, Record<string, string>]>([
    ['what is no list', Buffer.from('<html>'), {}],
    ['more than anybody needs', Buffer.alloc(9 * 1024 * 1024, 'x'), {}],
    ['a way to somewhere else', Buffer.alloc(0), { location: 'http://127.0.0.1:1/' }],
  ])('could not check when it gets %s', async (_, body, head) => {
    answer = body
    headers = head
    const run = await verify(scope(), '--fetch-crl')
    headers = {}
    expect([run.exit, said(run)]).toEqual([4, expect.stringContaining('revocation list: 127.0.0.1')])
  })

  it('goes nowhere for an authority that nobody trusts', async () => {
    using other = makeAuthority()
    const before = asked
    const contract = join(c.root, 'other.pem')
    await copyFile(other.root, contract)
    const run = await restitute([
      'verify',
      scope(),
      '--dossier',
      c.slips,
      '--timestamp-root',
      contract,
      '--fetch-crl',
      '--json',
      ...['--signer', c.keyFile('host').replace(/key$/, 'asc')],
    ])
    expect(asked).toBe(before)
    expect(codes(run)).toContain('stamp-untrusted')
  })
})
