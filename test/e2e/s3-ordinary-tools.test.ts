import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { havePrograms } from '../support/programs.ts'

const run = promisify(execFile)

const headers = {
  CacheControl: 'max-age=60',
  ContentDisposition: 'attachment; filename="report.pdf"',
  ContentLanguage: 'fr',
  ContentType: 'application/pdf',
  Expires: new Date('2031-01-02T03:04:05Z'),
}

async function populate(bucket: Bucket): Promise<void> {
  await bucket.put('reports/2031/a.txt', 'of no version')
  await bucket.setVersioning('Enabled')
  await bucket.put('reports/2031/a.txt', 'first')
  await bucket.put('reports/2031/a.txt', 'second', {
    ...headers,
    Metadata: { unit: 'b2', 'long-name': '$(x) "y"' },
  })
  await bucket.put('plain', 'beside a folder of its name', { Tagging: 'kind=a%20b&%C3%A9=%26' })
  await bucket.put('plain/below', 'in a folder of that name')
  await bucket.put('Plain', 'in another case')
  await bucket.put(' odd: "key" $(rm) %41\\ é \n\u0001 ', 'odd', { Metadata: { a: 'b' } })
  await bucket.put('../../x//y', 'not above')
  await bucket.put('hidden', 'behind a marker')
  await bucket.delete('hidden')
  await bucket.delete('plain')
}

/** The blocks of commands in a page, with the bucket's name in place of the page's own. */
async function commandsIn(page: string, bucket: string): Promise<string[]> {
  const text = await readFile(page, 'utf8')
  const blocks = text.matchAll(/\n\n((?: {4}.*\n)+)/g)
  return Array.from(blocks, ([, block = '']) => block.replaceAll('NEW-BUCKET', bucket))
}

/** A recipient who has the package, a key, and Debian's programs. */
describe.runIf(haveCeph() && havePrograms('gpg', 'zstd', 'tar', 'aws', 'jq'))('the bag of a bucket', () => {
  let [ceph, source, c, env]: [Ceph, Bucket, Case, NodeJS.ProcessEnv] = [] as never
  beforeAll(async () => {
    ceph = await startCeph()
    source = await new Bucket(ceph).make()
    await populate(source)
    process.env['RESTITUTE_TEST_SECRET'] = ceph.secret
    const more = 'secret: env:RESTITUTE_TEST_SECRET'
    c = await openCase({ sources: async () => [{ name: 'objects', url: source.spec.url, more }] })
    await pin(c)
    const { exit, lines } = await exportPackage(c)
    if (exit !== 0) throw new Error(lines.join('\n'))
    env = await recipient(c.root, ceph)
    await shell(`gpg --batch --quiet --import keys/client-1.key
      for volume in vault/R1-0001/volumes/*; do gpg --batch --quiet --decrypt $volume | zstd -dq | tar -x; done
      cd objects && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt`)
  })
  afterAll(async () => {
    await c?.[Symbol.asyncDispose]()
    await ceph?.[Symbol.asyncDispose]()
  })

  const shell = (script: string, cwd = c.root) =>
    run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, maxBuffer: 1 << 26 })

  /** What anybody can see of a bucket: for each version its content and all that was put with it. */
  async function seen(bucket: Bucket, which: (one: { latest: boolean }) => boolean): Promise<unknown[]> {
    const found = []
    for (const { key, version, marker, latest, etag } of (await bucket.list()).filter(which)) {
      const facts = marker ? undefined : await bucket.facts(key, version)
      found.push({ key, marker, latest, etag, facts })
    }
    return found
  }

  it('is put back whole by the commands in its RESTORE.md', async () => {
    const target = await new Bucket(ceph).make()
    const bag = join(c.root, 'objects')
    const [, everything = ''] = await commandsIn(join(bag, 'RESTORE.md'), target.name)
    expect(everything).toContain('put-object')
    await shell(everything, bag)
    expect(await seen(target, () => true)).toEqual(await seen(source, () => true))
  })

  it('gives the newest versions by one command, under names that are keys where they could be', async () => {
    const target = await new Bucket(ceph).make()
    const bag = join(c.root, 'objects')
    const [sync = ''] = await commandsIn(join(bag, 'RESTORE.md'), target.name)
    await shell(sync, bag)
    expect((await target.read('reports/2031/a.txt')).toString()).toBe('second')
    expect(await target.list()).toHaveLength(
      (await source.list()).filter((o) => o.latest && !o.marker).length,
    )
  })
})

/** Programs of the recipient's, `aws` among them, which finds the service by itself as it would Amazon's. */
async function recipient(root: string, ceph: Ceph): Promise<NodeJS.ProcessEnv> {
  const [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY] = ceph.secret.split(':')
  const folder = join(root, 'bin')
  await mkdir(folder)
  await mkdir(join(root, 'gnupg'), { mode: 0o700 })
  const { stdout: aws } = await run('sh', ['-c', 'command -v aws'])
  await writeFile(join(folder, 'aws'), `#!/bin/sh\nexec ${aws.trim()} --endpoint-url ${ceph.endpoint} "$@"\n`)
  await chmod(join(folder, 'aws'), 0o755)
  return {
    ...process.env,
    ...{ GNUPGHOME: join(root, 'gnupg'), LC_ALL: 'C.UTF-8', PATH: `${folder}:${process.env['PATH']}` },
    ...{ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
    // A newer one adds trailers that older services refuse.
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
  }
}
