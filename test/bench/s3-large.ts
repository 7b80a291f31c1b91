import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Ceph, startCeph } from '../services/ceph.ts'
import { openCase, pin } from '../support/case.ts'
import { program } from './contenders.ts'
import { timed } from './timed.ts'

// `node test/bench/s3-large.ts`: a bucket of many small versions and one with a large object, exported, verified, restored into
// an empty bucket and compared there; what it takes, the memory that R61 allows, and a comparison of our own of both listings.
const versions = Number(process.env['BENCH_VERSIONS'] ?? '200000')
const largeGib = Number(process.env['BENCH_GIB'] ?? '5')
const allowed = (150 + 300 * availableParallelism()) * 1e6
const atOnce = 64

/** One to four versions of each key; every tenth key then ends in a delete marker, every hundredth has tags. */
async function fillSmall(bucket: Bucket): Promise<void> {
  const keys = Math.round(versions / 2.5)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let k = next++; k < keys; k = next++) {
      const key = `${k % 500}/report-${k}.txt`
      for (let v = 0; v <= k % 4; v++) {
        const more = { Metadata: { number: String(v) }, ...(k % 100 === 0 && { Tagging: `unit=${k % 7}` }) }
        await bucket.put(key, `${key} ${v} ${randomBytes(1000).toString('base64')}`, more)
      }
      if (k % 10 === 0) await bucket.delete(key)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** An eighth of it does not compress. */
async function fillLarge(bucket: Bucket): Promise<void> {
  function* parts(): Iterable<Buffer> {
    for (let part = 0; part < largeGib * 16; part++) {
      const body = Buffer.alloc(2 ** 26, `${part} lorem ipsum\n`)
      body.set(randomBytes(2 ** 23), part)
      yield body
    }
  }
  await bucket.putParts('study.dcm', parts())
}

/** Of every key, in order, what its versions are: their MD5 where each is one upload, and which are delete markers. */
async function listing(bucket: Bucket, digests: boolean): Promise<string[]> {
  const found = await bucket.list()
  return found.map(({ key, marker, etag, latest }) =>
    JSON.stringify([key, marker, latest, digests ? etag : '']),
  )
}

async function trial(ceph: Ceph, name: string, fill: (bucket: Bucket) => Promise<void>): Promise<void> {
  const bucket = await new Bucket(ceph).make({ versioned: true })
  const began = performance.now()
  await fill(bucket)
  console.log(`${name}: filled in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const more = 'secret: env:RESTITUTE_BENCH_SECRET'
  await using c = await openCase({ sources: async () => [{ name: 'objects', url: bucket.spec.url, more }] })
  await pin(c)
  const target = new Bucket(ceph)
  const client = `--key ${c.keyFile('client-1')} --signer ${c.keyFile('operator').replace(/key$/, 'asc')}`
  const lot = join(c.vault, 'R1-0001')
  await step(name, 'export', `export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`, c.root)
  await step(name, 'verify', `verify ${lot} ${client} --quiet`, c.root)
  const to = `--to '${target.spec.url}'`
  await step(name, 'restore and compare', `restore ${lot} ${client} --source objects ${to} --compare`, c.root)
  const [before, after] = [await listing(bucket, name === 'small'), await listing(target, name === 'small')]
  const different =
    before.filter((one, i) => one !== after[i]).length + Math.abs(before.length - after.length)
  console.log(
    `${name}: ${before.length} versions and delete markers, ${after.length} restored, ${different} differ`,
  )
  if (different > 0) process.exitCode = 1
}

async function step(name: string, what: string, command: string, cwd: string): Promise<void> {
  const { wall, cpu, peak } = await timed(`${program} ${command}`, cwd)
  const cells = [`${wall.toFixed(0)} s`, `cpu ${cpu.toFixed(0)} s`, `peak ${formatBytes(peak)}`]
  console.log(`${name}: ${what}: ${cells.join(', ')} of ${formatBytes(allowed)} allowed`)
}

/** On a server of its own; the large object lies on a disk, for there would be three of it in memory. */
async function onServer(store: 'memstore' | 'bluestore', run: (ceph: Ceph) => Promise<void>): Promise<void> {
  await using ceph = await startCeph({ gib: 24, store })
  const [access, secret] = ceph.secret.split(':')
  Object.assign(process.env, {
    RESTITUTE_BENCH_SECRET: ceph.secret,
    AWS_ACCESS_KEY_ID: access,
    AWS_SECRET_ACCESS_KEY: secret,
  })
  await run(ceph)
}

if (largeGib > 0) await onServer('bluestore', (ceph) => trial(ceph, 'large', fillLarge))
if (versions > 0) await onServer('memstore', (ceph) => trial(ceph, 'small', fillSmall))
