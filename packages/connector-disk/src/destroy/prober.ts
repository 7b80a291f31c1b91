import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  fingerprintsBeside,
  type Prober,
  type Sighting,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { deviceBytes } from '../machine/device.ts'
import { fingerprintOf, fingerprintOfFile } from '../machine/fingerprint.ts'
import { parseUrl } from '../url.ts'
import { placeOf } from './destroyer.ts'
import { isErased, namesDevice } from './device.ts'
import { listPath, unfinished } from './doomed.ts'

const limits = [
  'it looked at the path alone: not at copies, snapshots, backups or unallocated blocks of the medium',
  'where a file system is not mounted, its place looks empty',
  'a file that a running program still holds open may exist without a name',
]

type Seen = Pick<Sighting, 'state' | 'fingerprint' | 'others'>

/**
 * Looks for a machine with the rights of this process and writes nothing. A destruction that has begun and not ended
 * leaves its list: the machine is then still present. A missing right or folder is `could-not-check`.
 */
export function diskProber(source: SourceSpec): Prober {
  parseUrl(source.url)
  return {
    async look(signal) {
      throwIfInterrupted(signal)
      const looked: string[] = []
      const seen = await look(source, looked, signal).catch((error: unknown): Seen => {
        throwIfInterrupted(signal)
        looked.push(`the look failed: ${systemCode(error) ?? 'its place cannot be reached'}`)
        return { state: 'could-not-check' }
      })
      return { ...seen, identity: `uid ${process.getuid?.() ?? 'unknown'}`, looked, limits }
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function look(source: SourceSpec, looked: string[], signal: AbortSignal): Promise<Seen> {
  const path = await placeOf(source)
  if (namesDevice(path)) return lookAtDevice(path, looked, signal)
  const begun = await unfinished(path, source)
  looked.push(`open ${listPath(path)}: ${begun ? 'a destruction has begun' : 'absent'}`)
  if (begun) return { state: 'present', fingerprint: begun.fingerprint }
  const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  looked.push(`lstat ${path}: ${stats ? 'present' : 'absent'}`)
  if (stats) return { state: 'present', fingerprint: await fingerprintOf(path, stats) }
  const others = await fingerprintsBeside(path, (real, stats) => fingerprintOfFile(real.toString(), stats))
  looked.push(`readdir ${dirname(path)}: done`)
  return { state: 'absent', others }
}

/**
 * A device stays when it is destroyed: what was on it is gone when all of it reads as zeros. One that is not attached cannot
 * be checked.
 */
async function lookAtDevice(path: string, looked: string[], signal: AbortSignal): Promise<Seen> {
  const stats = await lstat(path, { bigint: true })
  if (!stats.isBlockDevice()) throw new Error('not a device')
  const bytes = await deviceBytes(stats.rdev)
  const erased = await isErased(path, bytes, signal)
  looked.push(`read ${path}, ${bytes} bytes: ${erased ? 'all of them zeros' : 'there is content'}`)
  return erased ? { state: 'absent' } : { state: 'present', fingerprint: await fingerprintOf(path, stats) }
}
