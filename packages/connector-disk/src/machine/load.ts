import { existsSync } from 'node:fs'
import { lstat, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { compareUtf8, RestituteError, type SourceSpec, systemCode, throwIfInterrupted } from '@restitute/core'
import { isDescription } from '../description/open.ts'
import { resolveImage } from '../image/image.ts'
import { inUse } from '../image/look.ts'
import { placesOf } from '../image/places.ts'
import { type DiskUrl, parseUrl } from '../url.ts'
import { describedMembers } from './described.ts'
import { diskMembers } from './disks.ts'
import { fingerprintOf } from './fingerprint.ts'
import { folderMembers } from './folder.ts'
import { filesOf, type Machine, type Member } from './machine.ts'
import { useOf } from './use.ts'

/**
 * Finds everything that a source consists of, as it is now: one image, a folder of images, or what
 * a description names. Throws `usage`,
 * `source-unreachable`, `hostile-input`, `not-found` without QEMU.
 */
export async function loadMachine(source: SourceSpec, signal: AbortSignal): Promise<Machine> {
  throwIfInterrupted(signal)
  const url = parseUrl(source.url)
  const path = await realpath(url.path).catch((cause: unknown) => {
    throw unreachable(source.url, cause)
  })
  const stats = await lstat(path, { bigint: true })
  const members = await membersOf(path, stats.isDirectory(), url, signal)
  const { written, read } = await useOf(new Set(members.flatMap(filesOf)), signal)
  if (written !== undefined) throw inUse(written)
  const sorted = members.toSorted((a, b) => compareUtf8(a.id, b.id))
  return { path, fingerprint: await fingerprintOf(path, stats), members: sorted, read }
}

async function membersOf(
  path: string,
  folder: boolean,
  url: DiskUrl,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  if (!folder) {
    return isDescription(path) ? describedMembers(path, url, signal) : imageMembers(path, url, signal)
  }
  const restored = join(path, restoredName)
  return existsSync(restored) ? describedMembers(restored, url, signal) : folderMembers(path, url, signal)
}

/** Name of the description that a restoration leaves in the folder of the machine: that folder is read by it. */
export const restoredName = 'machine.ovf'

/** Name of the only disk of a source that is one image, whatever its file is called. */
export const onlyDisk = 'disk'

/** An image that cannot be read is all that there was: it is refused, not delivered as lost. */
async function imageMembers(path: string, url: DiskUrl, signal: AbortSignal): Promise<readonly Member[]> {
  const places = await placesOf(dirname(path), url)
  const image = await resolveImage(path, { format: url.format }, places)
  const members = await diskMembers([{ name: onlyDisk, image, facts: {} }], url.snapshots, signal)
  const problem = members.length === 1 ? members[0]?.lost : undefined
  if (problem === undefined) return members
  throw new RestituteError('hostile-input', `image ${path}: refused: ${problem}`)
}

/** A place that cannot be reached, as `source-unreachable`. */
export function unreachable(url: string, cause: unknown): RestituteError {
  const reason = systemCode(cause) ?? 'failed'
  return new RestituteError('source-unreachable', `source ${url}: cannot be reached: ${reason}`, { cause })
}
