import type { Graph, Node } from './graph.ts'

/** How many manifests and blobs there are. */
export function tally(graph: Graph): { manifests: number; blobs: number } {
  const count = { manifests: 0, blobs: 0 }
  for (const { kind } of graph.nodes()) count[kind === 'blob' ? 'blobs' : 'manifests']++
  return count
}

/** Digests of the blobs. */
export function blobsOf(graph: Graph): string[] {
  return [...graph.nodes()].filter(({ kind }) => kind === 'blob').map(({ digest }) => digest)
}

/** The manifests, deepest first. */
export function manifestsOf(graph: Graph): Node[] {
  return [...graph.nodes()].filter(({ kind }) => kind !== 'blob').toSorted((a, b) => b.depth - a.depth)
}
