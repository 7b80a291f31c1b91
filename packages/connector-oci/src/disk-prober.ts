import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { endOfLinks, fingerprintsBeside, type Sighting, systemCode } from '@restitute/core'
import { fingerprintOf, identify } from './files.ts'
import type { ArchiveLocation, LayoutLocation } from './location.ts'

const limits = [
  'it looked at the path alone: not at copies, snapshots, backups or unallocated blocks of the medium',
  'where a file system is not mounted, its place looks empty',
]

/** Looks for a folder or file, where links lead to it; `absent` needs a parent folder that can be listed. */
export async function lookOnDisk({ kind, path }: LayoutLocation | ArchiveLocation): Promise<Sighting> {
  const rest = { identity: `uid ${process.getuid?.() ?? 'unknown'}`, limits }
  try {
    const { fingerprint } = await identify(path, kind === 'layout' ? 'a folder' : 'a file')
    return { ...rest, state: 'present', fingerprint, looked: [`lstat ${path}: present`] }
  } catch {
    return { ...rest, ...(await lookBeside(await endOfLinks(path).catch(() => path))) }
  }
}

async function lookBeside(path: string): Promise<Pick<Sighting, 'state' | 'looked' | 'others'>> {
  try {
    await lstat(path)
    return { state: 'could-not-check', looked: [`lstat ${path}: something else`] }
  } catch (error) {
    const reason = systemCode(error) ?? 'failed'
    if (reason !== 'ENOENT') return { state: 'could-not-check', looked: [`lstat ${path}: ${reason}`] }
  }
  try {
    const others = await fingerprintsBeside(path, (real, stats) => fingerprintOf(real.toString(), stats))
    return { state: 'absent', others, looked: [`lstat ${path}: absent`, `readdir ${dirname(path)}: done`] }
  } catch {
    return { state: 'could-not-check', looked: [`readdir ${dirname(path)}: failed`] }
  }
}
