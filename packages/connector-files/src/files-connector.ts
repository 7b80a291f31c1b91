import { type Connector, type SourceSpec, throwIfInterrupted, type Watcher } from '@restitute/core'
import { filesDestroyer } from './destroy/destroyer.ts'
import { filesProber } from './destroy/prober.ts'
import { differences } from './differences.ts'
import { freezeFiles, joinFiles } from './exporter.ts'
import { filesRestorer } from './restore/restorer.ts'
import { openRoot, pathOfUrl } from './root.ts'
import { siblingFolders } from './siblings.ts'

/**
 * Trees of files: `files:/absolute/path`. Item ids are relative paths; a folder's ends in `/`, the root is `./`.
 * Each file is consistent by itself; a tree declared quiesced is consistent as a whole. Links are never followed.
 * Hard links, holes, extended attributes, ACLs and special files are delivered and restored. A comparison as an
 * ordinary user leaves the owners (uid, gid) and the attributes `security.*` and `trusted.*` aside, which only root could have restored.
 */
export const filesConnector: Connector = {
  kind: 'files',
  abilities: { joinable: true, consistency: 'per-item', digestsAtInventory: false, destruction: 'deletion' },
  place: pathOfUrl,
  freeze: (source, signal) => unlessInterrupted(signal, () => freezeFiles(source)),
  join: (source, view, signal) => unlessInterrupted(signal, () => joinFiles(source, view)),
  watch: (source, signal) => unlessInterrupted(signal, () => filesWatcher(source)),
  restore: (target, signal) => unlessInterrupted(signal, () => filesRestorer(target)),
  compare: async function* (target, known, signal) {
    throwIfInterrupted(signal)
    const { path } = await openRoot(target.url)
    yield* differences(known, { root: path, owners: process.getuid?.() === 0, holes: true, signal })
  },
  destroyer: (source, signal) => unlessInterrupted(signal, () => filesDestroyer(source)),
  prober: (source, signal) => unlessInterrupted(signal, async () => filesProber(source)),
  siblings: siblingFolders,
}

async function filesWatcher(source: SourceSpec): Promise<Watcher> {
  const { path } = await openRoot(source.url)
  return {
    differences: (known, signal, options) =>
      differences(known, { root: path, owners: true, holes: false, ...options, signal }),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function unlessInterrupted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  throwIfInterrupted(signal)
  return work()
}
