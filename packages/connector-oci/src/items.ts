import type { Item } from '@restitute/core'
import type { Graph, Node, RootRow } from './graph.ts'
import { type IndexLine, indexJson, measured, sha256Of } from './index-json.ts'
import { isForeign } from './media-types.ts'
import { blobPath } from './names.ts'

/** Ids of the two files that make a folder an image layout. */
export const indexId = 'index.json'
export const layoutId = 'oci-layout'

/** The one content of `oci-layout`. */
export const layoutText = '{"imageLayoutVersion":"1.0.0"}'

const tagPrefix = 'tag/'

/**
 * The inventory: `blobs/<algorithm>/<digits>` for every manifest, index and blob, `index.json`, `oci-layout`, then
 * `tag/<name>` for every name, in the order of the ids' bytes. Nothing at all where there is no name.
 */
export function* itemsOf(graph: Graph, lines: readonly IndexLine[]): Iterable<Item> {
  for (const node of graph.nodes()) yield nodeItem(node)
  if (lines.length > 0) {
    yield fileItem(indexId, indexJson(lines))
    yield fileItem(layoutId, [layoutText])
  }
  for (const row of graph.roots()) if (row.ref !== null) yield tagItem(row, row.ref)
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

function fileItem(id: string, pieces: Iterable<string>): Item {
  const { bytes, sha256 } = measured(pieces)
  return { id, kind: 'layout', bytes, mark: sha256, digest: sha256 }
}

function tagItem({ digest, lost, nodeLost }: RootRow, ref: string): Item {
  const why = lost ?? (nodeLost === null ? undefined : `what it names is lost: ${nodeLost}`)
  return {
    ...{ id: tagPrefix + ref, kind: 'tag', bytes: 0, mark: digest ?? 'unknown' },
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
