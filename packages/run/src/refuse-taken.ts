import { openPackage } from '@restitute/archive'
import { asRestituteError, type Destination, RestituteError, type StoredFile } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { withRetries } from './export/retry.ts'
import { checkFile } from './workers/check-file.ts'

/** The files of a package that is to go somewhere. */
interface Coming {
  readonly all: readonly FileRecord[]
  readonly manifest: FileRecord
}

/** Throws `target-not-empty` where a place holds another package, whole or begun, or anything that is not of this one. */
export async function refuseTaken(
  to: Destination,
  { all, manifest }: Coming,
  signal: AbortSignal,
): Promise<void> {
  const there = await ownNamesIn(to, all)
  if (there.length > 0 && !(await isWhole(to, manifest, signal))) await refuseBegun(to, there, all, signal)
}

async function ownNamesIn(to: Destination, all: readonly FileRecord[]): Promise<StoredFile[]> {
  const known = new Set(all.map(({ name }) => name))
  const found: StoredFile[] = []
  for await (const file of to.list()) {
    if (!known.has(file.name)) {
      throw new RestituteError(
        'target-not-empty',
        `delivery: ${to.url} holds ${file.name}, which is not of this package`,
      )
    }
    found.push(file)
  }
  return found
}

/**
 * Whether the package lies there as a whole. Another one with the same names, of another contract for instance, is not written
 * over: it may be all that is left of its data.
 */
async function isWhole(to: Destination, { sha256 }: FileRecord, signal: AbortSignal): Promise<boolean> {
  const there = await withRetries(signal, () => openPackage(to).catch(noPackage))
  if (there === undefined || there.sha256 === sha256) return there !== undefined
  const { package: name, contract } = there.manifest
  throw new RestituteError(
    'target-not-empty',
    `delivery: ${to.url} holds another package ${name}, of contract ${contract.reference}`,
  )
}

/**
 * Nor is one that is still on its way, or being exported there: each would write over what the other has read back. Its names, its
 * key and its instructions may be the same; `SHA256SUMS` is not, nor is any volume or index.
 */
async function refuseBegun(
  to: Destination,
  there: readonly StoredFile[],
  all: readonly FileRecord[],
  signal: AbortSignal,
): Promise<void> {
  const telling = there
    .filter(({ name }) => /^(volumes|index)\//.test(name))
    .sort((a, b) => a.bytes - b.bytes)
  const { name } = there.find((file) => file.name === 'SHA256SUMS') ?? telling[0] ?? {}
  const own = all.find((file) => file.name === name)
  if (own && (await withRetries(signal, () => checkFile(to, own, signal)))) return
  throw new RestituteError('target-not-empty', `delivery: ${to.url} holds the beginning of another package`, {
    hint: 'it may go on: choose another place, or remove what lies there',
  })
}

/** What lies there is not whole, or not readable. */
function noPackage(thrown: unknown): undefined {
  const { code } = asRestituteError(thrown)
  if (!['not-found', 'package-unfinished', 'document-invalid', 'hostile-input'].includes(code)) throw thrown
}
