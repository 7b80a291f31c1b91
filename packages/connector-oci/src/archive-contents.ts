import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { throwIfInterrupted } from '@restitute/core'
import { stretchOf, unreachable } from './files.ts'
import { indexDescriptors, mostIndexBytes } from './index-json.ts'
import { indexId, layoutId, layoutText } from './items.ts'
import { digestOfPath } from './names.ts'
import { type Member, membersOf } from './tar-members.ts'

/** Where content lies in an archive, or, when it was made here, the content itself. */
export interface Content {
  readonly digest: string
  readonly offset: number
  readonly bytes: number
  /** A manifest that the archive does not have and its images need. */
  readonly made?: string
}

/** What an archive holds. */
export interface ArchiveContents {
  readonly index: Buffer
  /** Content of `oci-layout`. */
  readonly version: Buffer
  readonly contents: readonly Content[]
  /** Members that belong to no image, by name. */
  readonly strangers: readonly string[]
}

/** A tar's members by name, links followed. */
interface Members {
  readonly handle: FileHandle
  readonly path: string
  readonly byName: ReadonlyMap<string, Member>
  readonly signal: AbortSignal
}

// What older versions of `docker save` write beside the images, and derive from them.
const savedId = 'manifest.json'
const derived =
  /^(manifest\.json|repositories|index\.json|oci-layout|[0-9a-f]{64}\/(json|VERSION)|(?:.*\/)?layer\.tar)$/

/** Reads what a tar holds: an image layout where it is one, else what `docker save` writes. Throws `source-unreachable`. */
export async function contentsOf(
  handle: FileHandle,
  path: string,
  signal: AbortSignal,
): Promise<ArchiveContents> {
  const byName = new Map<string, Member>()
  for await (const member of membersOf(handle, path, signal)) byName.set(member.name, member)
  const members: Members = { handle, path, byName, signal }
  if (byName.size === 0) await refuseCompressed(members)
  const index = await indexIn(members)
  if (!index) return dockerContents(members)
  return layoutContents(members, index, await smallMember(members, layoutId, 4096))
}

/** The index of an image layout; Docker writes an empty one beside images without a name. */
async function indexIn(members: Members): Promise<Buffer | undefined> {
  const { byName, path } = members
  if (!byName.has(layoutId) || !byName.has(indexId)) return undefined
  const index = await smallMember(members, indexId, mostIndexBytes)
  return byName.has(savedId) && indexDescriptors(index, path).length === 0 ? undefined : index
}

async function refuseCompressed({ handle, path }: Members): Promise<void> {
  const { buffer } = await handle.read(Buffer.alloc(6), 0, 6, 0)
  if (!/^(1f8b|28b52ffd|fd377a58|425a68)/.test(buffer.toString('hex'))) return
  throw unreachable(path, 'expected a tar, got a compressed one: decompress it first')
}

function layoutContents(members: Members, index: Buffer, version: Buffer): ArchiveContents {
  const contents: Content[] = []
  const strangers: string[] = []
  for (const { name, kind, offset, bytes } of members.byName.values()) {
    const digest = digestOfPath(name)
    if (digest !== undefined && kind === 'file') contents.push({ digest, offset, bytes })
    else if (kind !== 'folder' && name !== indexId && name !== layoutId && !derived.test(name))
      strangers.push(name)
  }
  return { index, version, contents, strangers }
}

/** An image as `docker save` describes it in its `manifest.json`. */
interface SavedImage {
  readonly Config: string
  readonly RepoTags: readonly string[]
  readonly Layers: readonly string[]
}

async function dockerContents(members: Members): Promise<ArchiveContents> {
  const images = imagesIn(await smallMember(members, savedId, mostIndexBytes), members.path)
  const found = new Map<string, Content & { readonly media: string }>()
  const descriptors: object[] = []
  for (const image of images) {
    for (const name of [image.Config, ...image.Layers]) {
      if (!found.has(name)) found.set(name, await contentAt(members, name, name === image.Config))
    }
    const manifest = manifestOf(image, found)
    found.set(`made ${manifest.digest}`, { ...manifest, media: '' })
    descriptors.push(...namesOf(image, manifest))
  }
  const left = [...members.byName.values()].filter(({ name, kind }) => kind !== 'folder' && !found.has(name))
  for (const { name, kind, offset, bytes } of left) {
    const digest = kind === 'file' ? digestOfPath(name) : undefined
    if (digest !== undefined) found.set(name, { digest, offset, bytes, media: '' })
  }
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: descriptors }))
  const contents = [...new Map([...found.values()].map((one) => [one.digest, one])).values()]
  return {
    index,
    version: Buffer.from(layoutText),
    contents,
    strangers: left.map(({ name }) => name).filter((name) => !found.has(name) && !derived.test(name)),
  }
}

function imagesIn(bytes: Buffer, path: string): SavedImage[] {
  const isTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((one) => typeof one === 'string')
  try {
    const list = JSON.parse(bytes.toString()) as Partial<SavedImage>[]
    const isImage = ({ Config, Layers }: Partial<SavedImage>): boolean =>
      typeof Config === 'string' && isTexts(Layers)
    if (Array.isArray(list) && list.every(isImage)) {
      return list.map(
        (one) => ({ ...one, RepoTags: isTexts(one.RepoTags) ? one.RepoTags : [] }) as SavedImage,
      )
    }
  } catch {
    // Said below.
  }
  throw unreachable(path, 'expected a manifest.json of images in the archive, got something else')
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** `docker save` keeps no manifest: one is made, always the same for the same image. */
function manifestOf(
  { Config, Layers }: SavedImage,
  found: ReadonlyMap<string, Content & { readonly media: string }>,
): Content {
  const descriptorOf = (name: string): object => {
    const { media: mediaType, digest, bytes: size } = found.get(name) ?? { media: '', digest: '', bytes: 0 }
    return { mediaType, digest, size }
  }
  const layers = Layers.map(descriptorOf)
  const made = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptorOf(Config),
    layers,
  })
  const digest = `sha256:${createHash('sha256').update(made).digest('hex')}`
  return { digest, offset: 0, bytes: Buffer.byteLength(made), made }
}

function namesOf({ RepoTags }: SavedImage, { digest, bytes }: Content): object[] {
  const descriptor = { mediaType: manifestType, digest, size: bytes }
  if (RepoTags.length === 0) return [descriptor]
  return RepoTags.map((name) => ({
    ...descriptor,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }))
}

async function contentAt(
  members: Members,
  name: string,
  isConfig: boolean,
): Promise<Content & { readonly media: string }> {
  const { handle, signal } = members
  const { offset, bytes } = memberNamed(members, name)
  const hash = createHash('sha256')
  let start: Uint8Array = Buffer.alloc(0)
  for await (const chunk of stretchOf(handle, offset, bytes, signal).body) {
    if (start.length === 0) start = chunk.subarray(0, 4)
    hash.update(chunk)
  }
  const media = isConfig ? 'application/vnd.oci.image.config.v1+json' : layerType(start)
  return { digest: `sha256:${hash.digest('hex')}`, offset, bytes, media }
}

function layerType(start: Uint8Array): string {
  const magic = Buffer.from(start).toString('hex')
  const compression = magic.startsWith('1f8b') ? '+gzip' : magic === '28b52ffd' ? '+zstd' : ''
  return `application/vnd.oci.image.layer.v1.tar${compression}`
}

/** Older versions of docker save put a symbolic link where two images share a layer. */
function memberNamed({ byName, path, signal }: Members, name: string): Member {
  let found = byName.get(name)
  for (let links = 0; found?.kind === 'link' && links < 16; links++) {
    throwIfInterrupted(signal)
    const { target, symbolic } = found
    found = byName.get(
      symbolic ? posix.join(posix.dirname(found.name), target) : target.replace(/^(\.\/)+/, ''),
    )
  }
  if (found?.kind === 'file') return found
  throw unreachable(path, 'a file that its manifest.json names is missing in the archive')
}

async function smallMember(members: Members, name: string, most: number): Promise<Buffer> {
  if (!members.byName.has(name)) throw unreachable(members.path, `expected ${name} in the archive, got none`)
  const { offset, bytes } = memberNamed(members, name)
  if (bytes > most) throw unreachable(members.path, `${name} has more than ${most} bytes`)
  const chunks = await Array.fromAsync(stretchOf(members.handle, offset, bytes, members.signal).body)
  return Buffer.concat(chunks)
}
