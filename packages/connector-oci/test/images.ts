import { createHash } from 'node:crypto'

/** Content with its address. */
export interface Blob {
  readonly digest: string
  readonly bytes: Buffer
  readonly mediaType: string
}

export const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

export function blob(bytes: Buffer | string, mediaType: string): Blob {
  const content = Buffer.from(bytes)
  return { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, bytes: content, mediaType }
}

export function jsonBlob(value: object, mediaType: string): Blob {
  return blob(JSON.stringify(value), mediaType)
}

export function descriptor({ digest, bytes, mediaType }: Blob, more: object = {}): object {
  return { mediaType, digest, size: bytes.length, ...more }
}

/** The same bytes for the same seed. */
export function noise(seed: string, bytes: number): Buffer {
  const chunks: Buffer[] = []
  for (let i = 0; i * 32 < bytes; i++) chunks.push(createHash('sha256').update(`${seed} ${i}`).digest())
  return Buffer.concat(chunks).subarray(0, bytes)
}

/** An image, and everything that it refers to, in the order in which a registry takes it. */
export interface Image {
  readonly manifest: Blob
  readonly blobs: readonly Blob[]
}

export function image(seed: string, layerBytes: readonly number[], more: object = {}): Image {
  const layers = layerBytes.map((bytes, i) => blob(noise(`${seed} ${i}`, bytes), types.layer))
  const config = jsonBlob(
    { architecture: 'amd64', os: 'linux', seed, rootfs: { type: 'layers' } },
    types.config,
  )
  const manifest = jsonBlob(
    {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(config),
      layers: layers.map((layer) => descriptor(layer)),
      ...more,
    },
    types.manifest,
  )
  return { manifest, blobs: [config, ...layers] }
}

export function indexOf(images: readonly Image[]): Blob {
  const manifests = images.map(({ manifest }, i) =>
    descriptor(manifest, { platform: { os: 'linux', architecture: ['amd64', 'arm64'][i] ?? `arch${i}` } }),
  )
  return jsonBlob({ schemaVersion: 2, mediaType: types.index, manifests }, types.index)
}

/** Pushes by plain requests, without the connector. */
export async function pushBlob(origin: string, repository: string, { digest, bytes }: Blob): Promise<void> {
  const begun = await fetch(`${origin}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const url = new URL(begun.headers.get('location') ?? '', origin)
  url.searchParams.set('digest', digest)
  await expectStatus(await fetch(url, { method: 'PUT', body: new Uint8Array(bytes) }), 201)
}

export async function pushManifest(
  origin: string,
  repository: string,
  { digest, bytes, mediaType }: Blob,
  tag: string = digest,
): Promise<void> {
  const url = `${origin}/v2/${repository}/manifests/${tag}`
  const headers = { 'content-type': mediaType }
  await expectStatus(await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) }), 201)
}

export async function pushImage(origin: string, repository: string, one: Image, tag?: string): Promise<void> {
  for (const part of one.blobs) await pushBlob(origin, repository, part)
  await pushManifest(origin, repository, one.manifest, tag)
}

async function expectStatus(response: Response, status: number): Promise<void> {
  if (response.status !== status)
    throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
}

/** What a registry says of a repository. */
export async function factsOf(origin: string, repository: string): Promise<string> {
  const { tags } = (await json(`${origin}/v2/${repository}/tags/list`)) as { tags?: string[] | null }
  const hash = createHash('sha256')
  for (const tag of (tags ?? []).sort()) {
    const headers = { accept: [types.manifest, types.index].join(', ') }
    const response = await fetch(`${origin}/v2/${repository}/manifests/${tag}`, { headers })
    hash
      .update(`${tag} ${response.headers.get('content-type')} `)
      .update(Buffer.from(await response.arrayBuffer()))
  }
  return hash.digest('hex')
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}
