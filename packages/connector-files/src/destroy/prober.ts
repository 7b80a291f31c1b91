import { lstat, readlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  fingerprintsBeside,
  type Prober,
  type Sighting,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { unreadable } from '../loss.ts'
import { fingerprintOf, identify, pathOfUrl } from '../root.ts'

const limits = [
  'it looked at the path alone: not at copies, snapshots, backups or unallocated blocks of the medium',
  'where a file system is not mounted, its place looks empty',
  'a file that a running program still holds open may exist without a name',
]

const mostSteps = 80

/**
 * Looks for a tree with the rights of this process and writes nothing. `absent` needs a folder in the place of the
 * parent, and that it can be listed: a file system that is not mounted, or a missing right, is `could-not-check`.
 */
export function filesProber(source: SourceSpec): Prober {
  const path = pathOfUrl(source.url)
  return {
    look: async (signal) => {
      throwIfInterrupted(signal)
      const looked: string[] = []
      const seen = await look(path, source.url, looked)
      return { ...seen, identity: `uid ${process.getuid?.() ?? 'unknown'}`, looked, limits }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

type Seen = Pick<Sighting, 'state' | 'fingerprint' | 'others'>

async function look(path: string, url: string, looked: string[]): Promise<Seen> {
  try {
    const stats = await noted(`lstat ${path}`, looked, lstat(path))
    if (stats.isSymbolicLink()) return await lookBehind(path, url, looked)
    const { fingerprint } = await noted(`realpath ${path}`, looked, identify(path, url))
    return { state: 'present', fingerprint }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? lookBeside(path, looked) : { state: 'could-not-check' }
  }
}

/** A link to the tree: what counts is whether the tree is there. Links that lead in a circle end nowhere. */
async function lookBehind(link: string, url: string, looked: string[]): Promise<Seen> {
  const target = await noted(`readlink ${link}`, looked, readlink(link))
  if (looked.length > mostSteps) return { state: 'could-not-check' }
  return look(resolve(dirname(link), target), url, looked)
}

async function lookBeside(path: string, looked: string[]): Promise<Seen> {
  const listed = noted(`readdir ${dirname(path)}`, looked, fingerprintsBeside(path, fingerprintOf))
  return listed.then(
    (others) => ({ state: 'absent', others }),
    () => ({ state: 'could-not-check' }),
  )
}

/** Writes down a step and what came of it. */
async function noted<T>(step: string, looked: string[], call: Promise<T>): Promise<T> {
  try {
    const result = await call
    looked.push(`${step}: done`)
    return result
  } catch (error) {
    looked.push(`${step}: ${unreadable(error)}`)
    throw error
  }
}
