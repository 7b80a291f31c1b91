import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryDestination, openPackage, type Package } from '@restitute/archive'
import { asRestituteError, RestituteError } from '@restitute/core'
import type { Manifest, Measurement, RehearsalFailure, Sha256, TimelineRecord } from '@restitute/manifest'
import {
  deliverPackage,
  type ExportedPackage,
  type ExportOptions,
  exportPackage,
  packageUrl,
  readingThreads,
  type SourceSample,
  sampledSources,
  WorkerPool,
} from '@restitute/run'
import { generateKey, keyProblems, type PrivateKey, readPrivateKey } from '@restitute/seal'
import { verifyPackage } from '@restitute/verify'
import { type ControlResult, negativeControls } from './negative-controls.ts'
import type { DrillOptions } from './options.ts'
import { type RestoredSample, restoreSamples } from './restore-samples.ts'
import { Steps } from './steps.ts'
import { type DestroyedThrowaway, destroyThrowaways, type Made, sayPlace } from './throwaways.ts'

/** What a drill did, measured and found. */
export interface Drill {
  readonly startedAt: Date
  readonly endedAt: Date
  readonly manifest?: Manifest
  readonly manifestSha256?: Sha256
  /** Empty when the export failed. */
  readonly samples: readonly SourceSample[]
  readonly measurements: readonly Measurement[]
  readonly timeline: TimelineRecord
  /** By the clock, start and sealing included. */
  readonly exportSeconds?: number
  readonly delivery?: { readonly seconds: number; readonly bytes: number }
  readonly verification?: { readonly seconds: number }
  readonly restored: readonly RestoredSample[]
  readonly controls: readonly ControlResult[]
  readonly destroyed: readonly DestroyedThrowaway[]
  readonly failures: readonly RehearsalFailure[]
}

const keyLifeSeconds = 7 * 86_400

/**
 * One drill of the whole chain (R42, R43): export of a sample to a throwaway place, delivery, the client's full
 * verification, restoration on a clean target and comparison, harms that must be found out, destruction of everything
 * it made. What fails is part of the result, not an exception; only an interruption is thrown (after the throwaways are
 * gone). Encrypted to a key of its own, which never leaves this process: what a killed drill leaves behind, nobody opens.
 */
export async function runDrill(o: DrillOptions): Promise<Drill> {
  const startedAt = o.clock.now()
  const steps = new Steps(o.signal)
  const watched = { ...o, progress: steps.timeline.watching(['deliver', 'verify', 'restore'], o.progress) }
  await sayPlace(o)
  let chain: Chain = { samples: [], restored: [], controls: [] }
  let destroyed: readonly DestroyedThrowaway[] = []
  const made: Made = { rebuilt: [], unfinished: [], packages: [] }
  try {
    await checkClients(o, steps)
    chain = await runChain(watched, steps, made)
  } finally {
    const unhurried = { ...o, signal: new AbortController().signal }
    destroyed = await destroyThrowaways(unhurried, made, steps)
  }
  const { measurements, failures, timeline } = steps
  const found = { measurements, timeline: timeline.record, failures, destroyed }
  return { startedAt, endedAt: o.clock.now(), ...chain, ...found }
}

type Chain = Pick<
  Drill,
  | 'manifest'
  | 'manifestSha256'
  | 'samples'
  | 'exportSeconds'
  | 'delivery'
  | 'verification'
  | 'restored'
  | 'controls'
>

/** A recipient key that has expired or was revoked since would stop the real export. */
async function checkClients(o: DrillOptions, steps: Steps): Promise<void> {
  for (const key of o.clients) {
    const problems = await keyProblems(key, 'encrypt', o.clock.now())
    if (problems.length > 0)
      steps.fail('keys', 'key-unfit', `client key ${key.fingerprint}: ${problems.join('; ')}`)
  }
}

/** `own` grows as it goes: what was made is to be destroyed even if the chain does not reach its end. */
async function runChain(o: DrillOptions, steps: Steps, own: Made): Promise<Chain> {
  const nothing = { samples: [], restored: [], controls: [] }
  const key = await ownKey(o)
  o.note(`exporting ${Math.round(o.share * 1000) / 10} % of each source`)
  const started = performance.now()
  const done = await steps.take('export', () => exportOwn(exportOptions(o, key, o.name, o.sources), own))
  if (!done) return nothing
  steps.measurements.push(...done.manifest.measurements)
  const samples = sampledSources(o.folder, done.package)
  for (const one of samples.flatMap(({ shards }) => shards)) steps.timeline.addVolume(one)
  const exportSeconds = (performance.now() - started) / 1000
  const made = { ...nothing, samples, exportSeconds, manifest: done.manifest, manifestSha256: done.sha256 }
  const delivery = await steps.take('deliver', () => deliver(o, done, steps))
  if (!delivery) return made
  const verification = await steps.take('verify', () => verify(o, delivery.package, key, steps))
  if (!verification) return { ...made, delivery }
  const restored = await steps.take('restore', () => restoreSamples(o, delivery.package, key, steps, own))
  const controls = await steps.take('controls', () => runControls(o, delivery.package, key, steps, own))
  return { ...made, delivery, verification, restored: restored ?? [], controls: controls ?? [] }
}

/** A package that another rehearsal, of another contract, has made in the same place is not ours to destroy. */
async function exportOwn(options: ExportOptions, { packages }: Made): Promise<ExportedPackage> {
  try {
    const done = await exportPackage(options)
    packages.push(done.package)
    return done
  } catch (thrown) {
    if (asRestituteError(thrown).code !== 'target-not-empty') packages.push(`${options.operation}-0001`)
    throw thrown
  }
}

async function ownKey(o: DrillOptions): Promise<PrivateKey> {
  const made = await generateKey({
    ...{ name: `Restitute ${o.name}`, email: 'rehearsal@restitute.invalid' },
    ...{ at: o.clock.now(), expiresInSeconds: keyLifeSeconds },
  })
  return readPrivateKey(Buffer.from(made.privateKey))
}

function exportOptions(
  o: DrillOptions,
  key: PrivateKey,
  operation: string,
  sources: DrillOptions['sources'],
): ExportOptions {
  return {
    ...{ workDir: o.folder, hooksDir: o.hooksDir, place: o.place, destinationOf: o.destinationOf },
    ...{
      contractRef: o.contractRef,
      contractPinned: false,
      recipients: [key.publicKey],
      operation,
      sequence: 1,
    },
    ...{
      sources,
      sample: { share: o.share, seed: o.seed },
      signer: o.signer,
      hostKeys: [o.signer.publicKey],
    },
    ...{ at: o.clock, language: 'en', readBack: 'hash', pool: new WorkerPool(o.workerUrl, o.workers) },
    ...(o.demonstration && { demonstration: true as const }),
    signal: o.signal,
    ...(o.progress && { progress: o.progress }),
  }
}

function clientFolder(o: DrillOptions): string {
  return join(o.folder, 'client')
}

async function deliver(
  o: DrillOptions,
  done: ExportedPackage,
  steps: Steps,
): Promise<{ readonly seconds: number; readonly bytes: number; readonly package: Package }> {
  o.note('delivering')
  const from = await openPackage(await o.destinationOf({ ...o.place, url: done.url }))
  const to = directoryDestination(clientFolder(o))
  const started = performance.now()
  const { bytes, files } = await deliverPackage({
    ...{ package: from, to, signal: o.signal },
    ...(o.progress && { progress: o.progress }),
  })
  const seconds = steps.measure('deliver', started, { items: files, bytesIn: bytes, bytesOut: bytes })
  return { seconds, bytes, package: await openPackage(to) }
}

async function verify(
  o: DrillOptions,
  { destination, manifest }: Package,
  key: PrivateKey,
  steps: Steps,
): Promise<{ readonly seconds: number }> {
  o.note('verifying as the client does')
  await using threads = readingThreads(o.workerUrl, destination, destination, o.workers)
  const started = performance.now()
  const report = await verifyPackage({
    ...{ destination, trust: { signers: [o.signer.publicKey] }, opener: { privateKeys: [key] } },
    ...{ workers: threads.verify, signal: o.signal },
    ...(o.progress && { progress: o.progress }),
  })
  const bytes = manifest.volumes.reduce((sum, volume) => sum + volume.bytes, 0)
  const seconds = steps.measure('verify', started, {
    items: manifest.volumes.length,
    bytesIn: bytes,
    bytesOut: 0,
  })
  const bad = report.findings.find(({ severity }) => severity === 'error')
  if (report.verdict === 'valid') return { seconds }
  throw new RestituteError('invalid', `verification: ${bad ? `${bad.code}: ${bad.message}` : report.verdict}`)
}

/** What is replayed is a real package of the same signer to the same key, of something else. */
async function runControls(
  o: DrillOptions,
  delivered: Package,
  key: PrivateKey,
  steps: Steps,
  own: Made,
): Promise<ControlResult[]> {
  o.note('doing it harm that must be found out')
  const scratch = join(o.folder, 'scratch')
  const tree = join(scratch, 'tree')
  await mkdir(tree, { recursive: true, mode: 0o700 })
  await writeFile(join(tree, 'nothing.txt'), `an older package of ${o.name}\n`)
  const terms = { name: 'replayed', url: `files:${tree}` }
  const older = await exportOwn(
    exportOptions(o, key, `${o.name}R`, [{ terms, instance: 'PRIM', spec: terms }]),
    own,
  )
  const started = performance.now()
  const from = await o.destinationOf({ ...o.place, url: packageUrl(o.place.url, older.package) })
  const otherFolder = join(scratch, 'older')
  await deliverPackage({
    package: await openPackage(from),
    to: directoryDestination(otherFolder),
    signal: o.signal,
  })
  const trust = { signers: [o.signer.publicKey] }
  const folder = clientFolder(o)
  const results = await negativeControls({
    package: delivered,
    folder,
    otherFolder,
    scratch,
    trust,
    signal: o.signal,
  })
  steps.measure('controls', started, { items: results.length, bytesIn: 0, bytesOut: 0 })
  for (const { control, caught } of results) {
    if (!caught) steps.fail('controls', 'invalid', `the harm "${control}" was not found out`)
  }
  return results
}
