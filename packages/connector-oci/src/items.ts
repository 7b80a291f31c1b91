import { createHash } from 'node:crypto'
import type { Item } from '@restitute/core'
import type { Graph, Node, RootRow } from './graph.ts'
import { type IndexLine, sha256Of } from './index-json.ts'
import { isForeign } from './media-types.ts'
import { blobPath } from './names.ts'
import type { LayoutFiles } from './store.ts'

/** Ids of the two files that make a folder an image layout. */
export const indexId = 'index.json'
export const layoutId = 'oci-layout'

/** What we write into `oci-layout`. */
export const layoutText = '{"imageLayoutVersion":"1.0.0"}'

const tagPrefix = 'tag/'

/**
 * The inventory: `blobs/<algorithm>/<digits>` for every manifest, index and blob, `index.json`, `oci-layout`,
 * `other/<name>` for files that do not belong there, then `tag/<name>` for every name, in the order of the ids' bytes.
 * Nothing at all where there is nothing; of what a destruction has left, what is left of these.
 */
export function* itemsOf(graph: Graph, { index, version }: LayoutFiles): Iterable<Item> {
  if (graph.isEmpty) return
  for (const node of graph.nodes()) yield nodeItem(node)
  if (index.length > 0) yield fileItem(indexId, index)
  if (version.length > 0) yield fileItem(layoutId, version)
  for (const { name, lost } of graph.others()) yield { ...shape(`other/${name}`, 'other'), mark: lost, lost }
  for (const row of graph.roots()) if (row.ref !== null) yield tagItem(row, row.ref)
}

function shape(id: string, kind: string): Pick<Item, 'id' | 'kind' | 'bytes'> {
  return { id, kind, bytes: 0 }
}

function nodeItem({ digest, kind, bytes, media, repository, lost }: Node): Item {
  const attributes = {
    mediaType: media,
    ...(repository !== '' && { repository }),
    ...(isForeign(media) && { foreign: true }),
  }
  return {
    ...{ id: blobPath(digest), kind, bytes, mark: digest, attributes },
    ...sha256Of(digest),
    ...(lost !== null && { lost }),
  }
}

function fileItem(id: string, bytes: Buffer): Item {
  const digest = createHash('sha256').update(bytes).digest('hex')
  return { id, kind: 'layout', bytes: bytes.length, mark: digest, digest }
}

function tagItem({ digest, lost, nodeLost }: RootRow, ref: string): Item {
  const why = lost ?? (nodeLost === null ? undefined : `what it names is lost: ${nodeLost}`)
  return {
    ...{ ...shape(tagPrefix + ref, 'tag'), mark: digest ?? 'unknown' },
    ...(digest !== null && { ...sha256Of(digest), attributes: { digest } }),
    ...(why !== undefined && { lost: why }),
  }
}

/** The lines of `index.json`: every name, then every manifest without one, lost ones left out. */
export function indexLines(graph: Graph): IndexLine[] {
  const named = new Set<string>()
  const lines: IndexLine[] = []
  for (const { repository, ref, digest, media, bytes, nodeLost } of graph.roots()) {
    if (digest === null || nodeLost !== null || media === null || bytes === null) continue
    const place = `${repository}\n${digest}`
    if (ref === null && named.has(place)) continue
    named.add(place)
    lines.push({ repository, ref, digest, media, bytes })
  }
  return lines
}
