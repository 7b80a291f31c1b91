import type { DestructionMethod } from '@restitute/core'
import type { Doomed } from './doomed.ts'
import type { Storage } from './storage.ts'

const names =
  'the names are removed and the blocks released; the blocks may keep the content until they are written again'
const snapshots = 'snapshots, replicas and backups of the file system are not reached'
const heldOpen = 'a file that a running program holds open keeps its content until it is closed'
const moved =
  'the storage below may have kept older copies of the blocks elsewhere: flash, thin, virtual or copy-on-write storage does not write in place'
const relocated =
  'sectors that the disk has taken out of use, and earlier places of the file, are not reached'
const passedOn = 'whether the storage below erases discarded blocks, and when, is not known'
const basedElsewhere =
  'images that are based on these were looked for in the same folders, those in them and those beside them alone'
const keptFiles = 'files that other machines use are kept, with what this machine read from them'

const elsewhere = 'snapshots, replicas and backups of the device are not reached'
const outOfUse = 'sectors that the disk has taken out of use are not reached'

/** As {@link methodOf}, of a block device as a whole. */
export function deviceMethod(how: 'overwrite' | 'discard', magnetic: boolean): DestructionMethod {
  if (how === 'discard') return { category: 'none', technique: 'discard', limits: [passedOn, elsewhere] }
  return {
    category: magnetic ? 'clear' : 'none',
    technique: 'overwrite once with zeros',
    limits: [magnetic ? outOfUse : moved, elsewhere],
  }
}

/** File systems that write a file's blocks where they are. */
const inPlace = new Set(['ext2', 'ext3', 'ext4'])

/**
 * What the destruction of these files is, and is not (R37). Overwriting is called "clear" (NIST SP 800-88 r2) only
 * where the system shows that blocks are written in place on a magnetic disk.
 */
export function methodOf({ how, kept }: Doomed, storages: readonly Storage[]): DestructionMethod {
  const shared = [basedElsewhere, ...(kept > 0 ? [keptFiles] : [])]
  if (how === undefined)
    return { category: 'none', technique: 'unlink', limits: [names, snapshots, heldOpen, ...shared] }
  if (how === 'discard') {
    return { category: 'none', technique: 'discard, then unlink', limits: [passedOn, snapshots, ...shared] }
  }
  const clear = storages.length > 0 && storages.every((one) => one.magnetic && inPlace.has(one.fileSystem))
  return {
    category: clear ? 'clear' : 'none',
    technique: 'overwrite once with zeros, then unlink',
    limits: [clear ? relocated : moved, snapshots, ...shared],
  }
}
