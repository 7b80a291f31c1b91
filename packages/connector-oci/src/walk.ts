import { eachLimited, throwIfInterrupted } from '@restitute/core'
import type { Graph, Home, Node } from './graph.ts'
import { type Descriptor, type Lost, type Manifest, printable, readManifest } from './manifest.ts'
import { isManifestType, isSchema1 } from './media-types.ts'
import { subjectOfName } from './referring.ts'
import type { FetchedManifest, Store } from './store.ts'

const atOnce = 8
const pageRows = 512
const deepest = 16

/**
 * Reads every manifest that the graph's roots reach and, if asked for, what refers to it and what it is about, until nothing new
 * is found. What cannot be read or followed is in the graph as lost.
 */
export async function walk(
  store: Store,
  graph: Graph,
  referrers: boolean,
  signal: AbortSignal,
): Promise<void> {
  graph.seed()
  for (const { ref, digest } of graph.roots()) {
    const subject = subjectOfName(ref ?? '')
    if (digest !== null && subject !== undefined) graph.addSubject(digest, subject)
  }
  await readAll(store, graph, signal)
  if (!referrers || store.referrers === undefined) return
  for (let page = graph.unasked(pageRows); page.length > 0; page = graph.unasked(pageRows)) {
    throwIfInterrupted(signal)
    await eachLimited(atOnce, page, (home, joint) => ask(store, graph, home, joint), signal)
    await readAll(store, graph, signal)
  }
}

async function readAll(store: Store, graph: Graph, signal: AbortSignal): Promise<void> {
  for (let page = graph.pending(pageRows); page.length > 0; page = graph.pending(pageRows)) {
    throwIfInterrupted(signal)
    await eachLimited(atOnce, page, (node, joint) => visit(store, graph, node, joint), signal)
  }
}

/** In the repository that is named: what refers to a manifest there, and whether what it is about is there, no other one tells. */
async function ask(store: Store, graph: Graph, home: Home, signal: AbortSignal): Promise<void> {
  const { repository, digest } = home
  for await (const one of store.referrers?.(repository, digest, signal) ?? []) {
    if ('lost' in one) graph.addUnreached({ name: `referrers/${repository}@${digest}`, lost: one.lost })
    else refer(graph, one, home)
  }
  for (const subject of graph.subjectsBeyond(home)) {
    if ((await store.has?.(repository, subject, signal)) !== false) lead(graph, subject, home)
  }
  graph.settleHome(home)
}

async function visit(store: Store, graph: Graph, node: Node, signal: AbortSignal): Promise<void> {
  const { digest, repository } = node
  const got = await store.manifest(repository, digest, signal)
  const read = readable(node, got)
  if ('lost' in read) {
    graph.settle(digest, { kind: 'manifest', bytes: 0, media: '', lost: read.lost })
    return
  }
  const { kind, mediaType: media, manifests, blobs, subject } = read.manifest
  if (subject !== undefined) graph.addSubject(digest, subject)
  for (const one of [...manifests, ...blobs]) graph.add(reached(one, node))
  for (const one of manifests) graph.link(digest, one.digest)
  graph.settle(digest, { kind, bytes: read.bytes, media, lost: null })
}

function readable(
  { depth, media }: Node,
  got: FetchedManifest | Lost,
): { manifest: Manifest; bytes: number } | Lost {
  if (depth > deepest) return { lost: `an index more than ${deepest} indexes deep` }
  if ('lost' in got) return got
  if (isSchema1(got.mediaType))
    return { lost: 'a Docker schema 1 manifest: its bytes do not have its digest' }
  const manifest = readManifest(got.bytes, got.mediaType || media)
  return 'lost' in manifest ? manifest : { manifest, bytes: got.bytes.length }
}

/** Where and how deep something is that refers, or is referred to. */
type Place = Pick<Node, 'repository' | 'depth'>

function reached({ digest, size, mediaType }: Descriptor, { repository, depth }: Place): Node {
  const kind = isManifestType(mediaType) ? 'manifest' : 'blob'
  return { digest, kind, bytes: size, media: printable(mediaType), repository, depth: depth + 1, lost: null }
}

/**
 * Something that refers to a manifest is a root of its own: no name leads to it. It counts as deeper than what it refers to,
 * so that a destruction, which goes from the leaves, takes it while that still leads to it.
 */
function refer(graph: Graph, descriptor: Descriptor, about: Place): void {
  // Whatever its type is called: only manifests refer. One that cannot be followed is then stated as lost.
  graph.add({ ...reached(descriptor, about), kind: 'manifest' })
  graph.addRoot({ repository: about.repository, digest: descriptor.digest })
}

/**
 * What a signature is about, to which no name leads any more: that was given to another image. It counts as deeper than what
 * refers to it, as in {@link refer}, so that a destruction takes it while that still leads to it.
 */
function lead(graph: Graph, subject: string, { repository, depth }: Place): void {
  const unread = { bytes: 0, media: '', lost: null }
  graph.add({ digest: subject, kind: 'manifest', repository, depth: depth + 1, ...unread })
  graph.addRoot({ repository, digest: subject })
}
