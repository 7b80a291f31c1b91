import { randomFillSync } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryDestination, extractPackage, openPackage } from '../../packages/archive/src/index.ts'
import type { SourceTerms } from '../../packages/manifest/src/index.ts'
import { readingThreads } from '../../packages/run/src/index.ts'
import { type Report, verifyPackage } from '../../packages/verify/src/index.ts'
import { restitute, startRestitute } from '../support/cli.ts'
import { exportFrom, type Keys, realWorker } from '../support/export.ts'
import { newKeyFiles } from '../support/key-files.ts'
import { treeDigest } from '../support/tree-digest.ts'

const MiB = 2 ** 20
const volumes = 8

/** A package large enough for threads: some volumes of 6 MiB that do not compress. */
describe('reading a package of several large volumes', () => {
  let root = ''
  let folder = ''
  let keys: Keys

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'restitute-reading-'))
    keys = await newKeyFiles(root)
    await mkdir(join(root, 'tree'))
    for (let n = 1; n <= volumes; n++)
      await writeFile(join(root, 'tree', `file-${n}.bin`), randomFillSync(Buffer.alloc(6 * MiB)))
    const source: SourceTerms = { name: 'files', url: `files:${join(root, 'tree')}` }
    const limits = { bytes: 6 * MiB, items: 1, partBytes: 64 * MiB }
    await exportFrom(root, keys, [source], { limits })
    folder = join(root, 'out', 'R1-0001')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  async function inThreads(path: string): Promise<Report> {
    const destination = directoryDestination(path)
    await using threads = readingThreads(realWorker, { url: destination.url }, destination, 2)
    return await verifyPackage({ ...common(), destination, workers: threads.verify })
  }

  function common() {
    return { trust: { signers: [keys.operator.publicKey] }, opener: { privateKeys: [keys.client] } }
  }

  it('finds it valid, with progress up to all bytes', async () => {
    const destination = directoryDestination(folder)
    await using threads = readingThreads(realWorker, { url: destination.url }, destination, 2)
    const seen: number[] = []
    const progress = (p: { doneBytes: number; totalBytes?: number }) =>
      void seen.push(p.doneBytes / (p.totalBytes ?? 1))
    const report = await verifyPackage({ ...common(), destination, workers: threads.verify, progress })
    expect(report).toMatchObject({ verdict: 'valid', findings: [] })
    expect(seen.at(-1)).toBe(1)
    expect(seen.length).toBeGreaterThan(volumes)
  })

  it('extracts the same in threads as alone, with progress up to all bytes', async () => {
    const destination = directoryDestination(folder)
    const extraction = {
      package: await openPackage(destination),
      opener: { privateKeys: [keys.client] },
      signal: new AbortController().signal,
    }
    const alone = await extractPackage({ ...extraction, to: join(root, 'alone') })
    await using threads = readingThreads(realWorker, { url: destination.url }, destination, 2)
    let bytes = 0
    const onProgress = (more: number) => void (bytes += more)
    const to = join(root, 'together')
    expect(await extractPackage({ ...extraction, to, workers: threads.extract, onProgress })).toEqual(alone)
    expect(bytes).toBe(alone.bytes)
    expect(await treeDigest(to)).toEqual(await treeDigest(join(root, 'alone')))
    expect(readdirSync(to)).toEqual(['files'])
  })

  it('leaves nothing of an extraction when one of the volumes is damaged', async () => {
    const damaged = join(root, 'damaged-once')
    await cp(folder, damaged, { recursive: true })
    await flip(join(damaged, 'volumes/000003.tar.zst.pgp'))
    const destination = directoryDestination(damaged)
    await using threads = readingThreads(realWorker, { url: destination.url }, destination, 2)
    const extraction = {
      package: await openPackage(destination),
      opener: { privateKeys: [keys.client] },
      to: join(root, 'nothing'),
      workers: threads.extract,
      signal: new AbortController().signal,
    }
    await expect(extractPackage(extraction)).rejects.toMatchObject({
      code: 'invalid',
      details: { file: 'volumes/000003.tar.zst.pgp' },
    })
    expect(existsSync(extraction.to)).toBe(false)
  })

  it('finds the same in threads as alone, in the same order', async () => {
    const damaged = join(root, 'damaged')
    await cp(folder, damaged, { recursive: true })
    for (const n of [6, 2, 4]) await flip(join(damaged, 'volumes', `00000${n}.tar.zst.pgp`))
    const alone = await verifyPackage({ ...common(), destination: directoryDestination(damaged) })
    expect(alone.findings.map(({ subject }) => subject)).toEqual(
      [2, 4, 6].map((n) => `volumes/00000${n}.tar.zst.pgp`),
    )
    expect(await inThreads(damaged)).toEqual(alone)
  })

  it('interrupted by SIGINT it ends with 130; --resume passes over what was found sound', async () => {
    const env = { XDG_STATE_HOME: join(root, 'state') }
    const args = ['verify', folder, '--key', join(root, 'client.key'), '--signer', join(root, 'operator.asc')]
    expect(await interruptedOnceKept([...args, '--json'], env, join(root, 'state'))).toBe(130)
    const [state = ''] = await readdir(join(root, 'state/restitute/verify'))
    const kept = (await readFile(join(root, 'state/restitute/verify', state), 'utf8')).trim().split('\n')
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThan(volumes)
    const resumed = await restitute([...args, '--resume', '--json'], env)
    expect(resumed.exit, resumed.stderr + resumed.stdout).toBe(0)
    expect(String(resumed.json()['checked'])).toContain(`${kept.length} of `)
    expect(await readdir(join(root, 'state/restitute/verify')), 'nothing is left').toEqual([])
    const whole = await restitute([...args, '--json'], env)
    expect(String(whole.json()['checked'])).not.toContain('interrupted')
  })
})

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(path, bytes)
}

/** Runs the program and interrupts it as soon as it has kept a partial result; gives its exit status. */
async function interruptedOnceKept(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  state: string,
): Promise<number> {
  const { child, done } = startRestitute(args, env)
  while (child.exitCode === null) {
    const kept = await readdir(join(state, 'restitute/verify')).catch(() => [])
    if (kept.length > 0) break
    await sleep(5)
  }
  child.kill('SIGINT')
  return (await done).exit
}
