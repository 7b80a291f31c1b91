import {
  type Exporter,
  isoTime,
  type JsonObject,
  RestituteError,
  type SourceSpec,
  systemClock,
  type View,
} from '@restitute/core'
import { readShard } from './read.ts'
import { openRoot, pathOfUrl, type Root } from './root.ts'
import { fileShards } from './shards.ts'
import { walk } from './walk.ts'

/** Opens a tree as a view: nothing is frozen, each file is read at its own moment (R6). */
export async function freezeFiles(source: SourceSpec): Promise<Exporter> {
  const root = await openRoot(source.url)
  const takenAt = isoTime(systemClock.now())
  return exporterOf(root, {
    token: tokenOf(root),
    point: pointOf(source.url, root, takenAt),
    consistency: source.quiesced === true ? 'quiesced' : 'per-item',
    takenAt,
    fingerprint: root.fingerprint,
  })
}

/** Opens the same tree again; throws `source-view-lost` when another one is in its place. */
export async function joinFiles(source: SourceSpec, view: View): Promise<Exporter> {
  const root = await openRoot(source.url)
  if (root.fingerprint === view.fingerprint) return exporterOf(root, view)
  throw new RestituteError(
    'source-view-lost',
    `source ${source.url}: expected tree ${view.fingerprint}, got ${root.fingerprint}`,
  )
}

function exporterOf(root: Root, view: View): Exporter {
  return {
    view,
    inventory: (signal) => walk(root.path, signal),
    shards: fileShards,
    read: (shard, items, signal) => readShard(root.path, shard, items, signal),
    [Symbol.asyncDispose]: async () => {},
  }
}

function tokenOf(root: Root): JsonObject {
  return { path: root.path.toString('base64'), dev: String(root.dev), ino: String(root.ino) }
}

function pointOf(url: string, root: Root, takenAt: string): string {
  const linked = pathOfUrl(url) === root.path.toString() ? '' : ` (given as ${pathOfUrl(url)})`
  return `${root.path.toString()}${linked}, read from ${takenAt} on`
}
