import type { DestructionMethod } from '@restitute/core'
import type { Doomed } from './doomed.ts'

const limits = [
  'the names are removed and the blocks released; the blocks may keep the content until they are written again',
  'snapshots, replicas and backups of the file system are not reached',
  'a file that a running program holds open keeps its content until it is closed',
]

const kept = 'backing files that other machines use are kept, with what this machine read from them'

/** What the destruction of these files is, and is not (R37). */
export function methodOf(doomed: Doomed): DestructionMethod {
  return { category: 'none', technique: 'unlink', limits: doomed.kept > 0 ? [...limits, kept] : limits }
}
