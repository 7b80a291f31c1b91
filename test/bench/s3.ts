import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Ceph, startCeph } from '../services/ceph.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { program } from './contenders.ts'
import { bucketStages } from './s3-stages.ts'
import { type Stage, shareReached } from './stages.ts'
import { type Timing, timed } from './timed.ts'

// A bucket of small objects and one of large ones out of a real server on this machine: by us, and, in the same run, as an
// operator would without us. The server's processor time is counted apart: it is the same work for everybody.
const small = Number(process.env['BENCH_SMALL'] ?? '20000')
const large = Number(process.env['BENCH_LARGE'] ?? '16')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '1')
const mebibyte = 2 ** 20

type Contender = 'restitute' | 'rclone' | 'aws'

interface Row extends Timing {
  readonly set: 'small' | 'large'
  readonly by: Contender
  /** Seconds of processor of the server. */
  readonly server: number
  readonly objects: number
  readonly bytes: number
}

/** What the stages cost, and what each of our runs reached of it. */
interface Sum {
  readonly set: Row['set']
  readonly stages: readonly Stage[]
  readonly reached: readonly number[]
}

async function bench(): Promise<void> {
  await using ceph = await startCeph({ gib: 16 })
  process.env['RESTITUTE_BENCH_SECRET'] = ceph.secret
  const sets = [
    ...(small > 0 ? [await compare(ceph, 'small', small, 10 * 1024)] : []),
    ...(large > 0 ? [await compare(ceph, 'large', large, 64 * mebibyte)] : []),
  ]
  for (const { rows, sum } of sets) {
    rows.forEach(print)
    printSum(sum)
  }
  const report = { at: new Date().toISOString(), cores: availableParallelism(), sets }
  await writeFile('bench-s3.json', `${JSON.stringify(report, undefined, 2)}\n`)
}

async function compare(
  ceph: Ceph,
  set: Row['set'],
  objects: number,
  size: number,
): Promise<{ readonly rows: readonly Row[]; readonly sum: Sum }> {
  const rows: Row[] = []
  const bucket = await new Bucket(ceph).make()
  await fill(bucket, objects, size)
  const more = 'secret: env:RESTITUTE_BENCH_SECRET'
  await using c = await openCase({ sources: async () => [{ name: set, url: bucket.spec.url, more }] })
  for (let i = 0; i < repeats; i++) {
    for (const by of ['restitute', 'rclone', 'aws'] as const) {
      const before = await ceph.cpuSeconds()
      const timing = await commands[by](c, ceph, bucket)
      rows.push({
        set,
        by,
        ...timing,
        server: (await ceph.cpuSeconds()) - before,
        objects,
        bytes: objects * size,
      })
    }
  }
  const sum = await sumOf(ceph, bucket, set, rows)
  await bucket.remove()
  return { rows, sum }
}

async function sumOf(ceph: Ceph, bucket: Bucket, set: Row['set'], rows: readonly Row[]): Promise<Sum> {
  const ours = rows.filter(({ by }) => by === 'restitute')
  const { bytes = 0, objects = 1 } = ours[0] ?? {}
  const size = bytes / objects
  const sample = Array.from({ length: Math.ceil((32 * mebibyte) / size) }, () => body(size))
  const stages = await bucketStages(ceph, bucket.spec, bytes, sample)
  return { set, stages, reached: ours.map(({ wall }) => shareReached(stages, bytes, wall)) }
}

/** Half of it can be compressed. */
function body(size: number): Buffer {
  return Buffer.concat([randomBytes(size / 2), Buffer.alloc(size / 2, 'text of a report\n')])
}

async function fill(bucket: Bucket, objects: number, size: number): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < objects; i = next++) await bucket.put(`${i % 100}/object-${i}.bin`, body(size))
  }
  await Promise.all(Array.from({ length: size > mebibyte ? 2 : 16 }, worker))
}

const commands: Readonly<Record<Contender, (c: Case, ceph: Ceph, bucket: Bucket) => Promise<Timing>>> = {
  restitute: async (c) => {
    await rm(c.vault, { recursive: true, force: true })
    await mkdir(c.vault)
    await rm(join(c.dossier, 'work'), { recursive: true, force: true })
    for (const name of await readdir(c.dossier))
      if (name.startsWith('ledger')) await rm(join(c.dossier, name))
    await pin(c)
    return timed(`${program} export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`, c.root)
  },
  rclone: (c, ceph, bucket) => {
    const [access, key] = ceph.secret.split(':')
    const remote = `:s3,provider=Ceph,access_key_id=${access},secret_access_key=${key},endpoint='${ceph.endpoint}':${bucket.name}`
    return pipeline(c, `env -u AWS_CA_BUNDLE rclone copy "${remote}" copied`)
  },
  aws: (c, ceph, bucket) =>
    pipeline(c, `aws --endpoint-url ${ceph.endpoint} s3 sync --quiet s3://${bucket.name} copied`, ceph),
}

async function pipeline(c: Case, copy: string, ceph?: Ceph): Promise<Timing> {
  const [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY] = ceph?.secret.split(':') ?? []
  const env = {
    GNUPGHOME: join(c.root, 'gnupg'),
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_REGION: 'us-east-1',
  }
  const keys = join(c.root, 'keys')
  await rm(env.GNUPGHOME, { recursive: true, force: true })
  await mkdir(env.GNUPGHOME, { mode: 0o700 })
  await timed(
    `gpg -q --batch --import ${keys}/operator.key ${keys}/client-1.key ${keys}/client-2.asc`,
    c.root,
    env,
  )
  const recipients = '-r client-1@demo.example -r client-2@demo.example --trust-model always'
  const seal = `tar -C copied -c . | zstd -q -T0 -3 | gpg -q --batch --yes -z0 --sign --encrypt -u operator@demo.example ${recipients} -o all.tar.zst.pgp`
  const timing = await timed(`${copy} && ${seal}`, c.root, env)
  await rm(join(c.root, 'copied'), { recursive: true, force: true })
  return timing
}

function print({ set, by, wall, cpu, peak, server, objects, bytes }: Row): void {
  const rate =
    set === 'small' ? `${(objects / wall).toFixed(0)} objects/s` : `${(bytes / 1e6 / wall).toFixed(1)} MB/s`
  const cells = [
    set.padEnd(6),
    by.padEnd(10),
    `${wall.toFixed(1)} s`,
    `cpu ${cpu.toFixed(1)} s`,
    `server ${server.toFixed(1)} s`,
    `an object ${each(cpu, objects)} + ${each(server, objects)}`,
  ]
  console.log([...cells, `peak ${formatBytes(peak)}`, rate].join('  '))
}

function each(seconds: number, objects: number): string {
  return `${((seconds / objects) * 1000).toFixed(2)} ms`
}

function printSum({ set, stages, reached }: Sum): void {
  const parts = stages.map(({ stage, nanoseconds }) => `${stage} ${nanoseconds.toFixed(2)}`)
  const together = stages.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0)
  console.log(
    `${set}: processor ns per byte, each stage alone: ${parts.join(', ')}; together ${together.toFixed(2)}`,
  )
  console.log(
    `${set}: of what that allows on all cores, reached ${reached.map((one) => one.toFixed(2)).join(', ')}`,
  )
}

await bench()
