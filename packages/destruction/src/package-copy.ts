import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openPackage } from '@restitute/archive'
import {
  asRestituteError,
  type Destination,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  type Prober,
  RestituteError,
  type Sighting,
  type StoredFile,
  shortFingerprint,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import type { Manifest } from '@restitute/manifest'
import { account, unlinking } from './folder-copy.ts'

/** Of a package in a bucket or on a server: what becomes of the bytes there is for the service alone to know. */
const byService: DestructionMethod = {
  category: 'none',
  technique: 'deletion by the service',
  limits: [
    'the service was told to delete; how and when it frees or overwrites the storage is not known here',
    "the service's own backups, replicas and caches are not reached",
  ],
}

/**
 * Destroys a package in one of the host's destinations: the files that its manifest names, then the manifest's
 * own (so that a second attempt still knows the names). A file that no manifest names stays, and the prober sees
 * it. Throws `destroy-failed`.
 */
export async function packageDestroyer(destination: Destination): Promise<Destroyer> {
  const found = await manifestIn(destination)
  return {
    fingerprint: found ? shortFingerprint(found.sha256) : '',
    method: methodAt(destination),
    plan: (signal) => stepsOf(destination, found?.manifest, signal),
    destroy: (signal) => destroyFiles(destination, found?.manifest, signal),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Looks, from the account of the calling process or that of the destination, whether anything lies where a package was. */
export function packageProber(destination: Destination): Prober {
  return { look: () => lookAtPackage(destination), [Symbol.asyncDispose]: async () => {} }
}

async function manifestIn(
  destination: Destination,
): Promise<{ manifest: Manifest; sha256: string } | undefined> {
  try {
    return await openPackage(destination)
  } catch (error) {
    const { code } = asRestituteError(error)
    if (code === 'not-found' || code === 'package-unfinished') return undefined
    throw error
  }
}

async function* stepsOf(
  destination: Destination,
  manifest: Manifest | undefined,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  for (const { name, bytes } of await ownFiles(destination, manifest)) {
    throwIfInterrupted(signal)
    yield { action: 'unlink', object: name, count: bytes }
  }
}

/** The package's files that are there: those of the manifest first, `manifest.json` last. */
async function ownFiles(destination: Destination, manifest: Manifest | undefined): Promise<StoredFile[]> {
  const there = await filesIn(destination)
  const listed = [...(manifest?.volumes ?? []), ...(manifest?.indexes ?? []), ...(manifest?.files ?? [])]
  const known = new Set(listed.map((file) => file.name))
  return [
    ...there.filter(({ name }) => known.has(name)),
    ...there.filter(({ name }) => !known.has(name) && isFinishing(name)),
    ...there.filter(({ name }) => name === 'manifest.json'),
  ]
}

/** What lies in a package's folder, also where it is only hidden; nothing when there is no folder. */
export async function filesIn(
  destination: Destination,
  { unfinished = false }: { readonly unfinished?: boolean } = {},
): Promise<StoredFile[]> {
  try {
    return await Array.fromAsync(destination.list({ unfinished, hidden: true }))
  } catch (error) {
    if (asRestituteError(error).code === 'not-found') return []
    throw error
  }
}

/** What finishes a package: no manifest names it. */
function isFinishing(name: string): boolean {
  return /^(SHA256SUMS|manifest\.json\.[0-9a-f]+\.asc(\.tsr)?)$/.test(name)
}

async function* destroyFiles(
  destination: Destination,
  manifest: Manifest | undefined,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  try {
    for await (const step of stepsOf(destination, manifest, signal)) {
      await destination.remove(step.object)
      yield step
    }
    await destination.sweep()
    await removeEmptyFolders(destination)
  } catch (error) {
    if (signal.aborted) throw asRestituteError(error)
    const message = `destroy package ${destination.url}: ${asRestituteError(error).message}`
    throw new RestituteError('destroy-failed', message, { cause: error })
  }
}

/** What remains of a package in a directory: its folders, once they are empty. */
async function removeEmptyFolders(destination: Destination): Promise<void> {
  const dir = directoryOf(destination.url)
  if (dir === undefined) return
  for (const folder of ['volumes', 'index', 'keys', '.']) {
    await rmdir(join(dir, folder)).catch((error: unknown) => {
      if (!['ENOENT', 'ENOTEMPTY'].includes(systemCode(error) ?? '')) throw error
    })
  }
}

function methodAt({ url }: Destination): DestructionMethod {
  return directoryOf(url) === undefined ? byService : unlinking
}

/** A bucket or a server knows the account of the contract, whoever has this program run. */
function accountAt({ url }: Destination): string {
  return directoryOf(url) === undefined ? 'the account of the destination' : account()
}

function directoryOf(url: string): string | undefined {
  return url.startsWith('directory:') ? url.slice('directory:'.length) : undefined
}

async function lookAtPackage(destination: Destination): Promise<Sighting> {
  const report = {
    identity: accountAt(destination),
    looked: [`list ${destination.url}`],
    limits: methodAt(destination).limits,
  }
  try {
    const files = await filesIn(destination, { unfinished: true })
    if (files.length === 0) return { ...report, ...(await emptyMeans(destination)) }
    const found = await manifestIn(destination)
    const fingerprint = found ? { fingerprint: shortFingerprint(found.sha256) } : {}
    return { ...report, state: 'present', ...fingerprint }
  } catch {
    return { ...report, state: 'could-not-check' }
  }
}

/** A folder below one that is not there (a disk that is not mounted) was not looked at. */
async function emptyMeans(destination: Destination): Promise<Pick<Sighting, 'state' | 'lacksFolder'>> {
  if (!(await destination.parentIsThere())) return { state: 'could-not-check' }
  const isLeft = (await destination.isThere?.()) ?? true
  return { state: 'absent', ...(isLeft ? {} : { lacksFolder: true }) }
}
