import { RestituteError } from '@restitute/core'
import { type Answer, discard, locationIn } from './http.ts'
import { mostManifestBytes } from './manifest.ts'
import { acceptedManifests } from './media-types.ts'
import type { Registry } from './registry.ts'
import type { Asked } from './registry-connection.ts'

/** A blob that is being sent to a repository, piece by piece. */
export interface Upload {
  readonly repository: string
  /** Where the next piece goes; changes with every piece. */
  readonly url: URL
  /** Bytes sent. */
  readonly bytes: number
}

/** Begins an upload. */
export async function beginUpload(
  registry: Registry,
  repository: string,
  signal: AbortSignal,
): Promise<Upload> {
  const asked: Asked = { method: 'POST', repository, headers: noBody, signal }
  const answer = await registry.ask(`${repository}/blobs/uploads/`, asked)
  discard(answer)
  expect(answer, [202], `begin an upload to ${repository}`)
  return { repository, url: nextUrl(answer, repository), bytes: 0 }
}

/** Sends the next piece. */
export async function sendPiece(
  registry: Registry,
  upload: Upload,
  piece: { readonly size: number; readonly content: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<Upload> {
  const { repository, url, bytes } = upload
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(piece.size),
    'content-range': `${bytes}-${bytes + piece.size - 1}`,
  }
  const answer = await registry.ask(url.href, {
    method: 'PATCH',
    repository,
    headers,
    body: piece.content,
    signal,
  })
  discard(answer)
  expect(answer, [202, 204], `upload to ${repository}`)
  return { repository, url: nextUrl(answer, repository), bytes: bytes + piece.size }
}

/** Ends an upload; the registry checks the digest. */
export async function endUpload(
  registry: Registry,
  { repository, url }: Upload,
  digest: string,
  signal: AbortSignal,
): Promise<void> {
  const to = new URL(url)
  to.searchParams.set('digest', digest)
  const answer = await registry.ask(to.href, { method: 'PUT', repository, headers: noBody, signal })
  discard(answer)
  expect(answer, [201, 204], `end the upload of ${digest} to ${repository}`)
}

/** Whether a repository has a blob; nothing where that is not known. */
export async function hasBlob(
  registry: Registry,
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  return isThere(registry, repository, blobUrl(digest), signal)
}

/**
 * Whether a repository has what lies at a path below it; nothing where the answer says neither: who may not look, or meets
 * a fault, has not seen that it is gone.
 */
export async function isThere(
  registry: Registry,
  repository: string,
  path: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const headers = { accept: acceptedManifests }
  const answer = await registry.ask(`${repository}/${path}`, { method: 'HEAD', repository, headers, signal })
  answer.body.resume()
  if (answer.status === 404) return false
  return answer.status === 200 ? true : undefined
}

/** Has the registry give a blob of one repository to another; false when it will not. */
export async function mount(
  registry: Registry,
  { digest, from, to }: { readonly digest: string; readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from })
  const asked: Asked = { method: 'POST', repository: to, headers: noBody, signal }
  const answer = await registry.ask(`${to}/blobs/uploads/?${query.toString()}`, asked)
  discard(answer)
  expect(answer, [201, 202], `mount ${digest} in ${to}`)
  return answer.status === 201
}

/** Puts a manifest under a tag or its digest. */
export async function putManifest(
  registry: Registry,
  o: {
    readonly repository: string
    readonly reference: string
    readonly bytes: Uint8Array
    readonly mediaType: string
  },
  signal: AbortSignal,
): Promise<void> {
  const { repository, reference, bytes: body, mediaType } = o
  const headers = { 'content-type': mediaType, 'content-length': String(body.length) }
  const asked: Asked = { method: 'PUT', repository, headers, body, signal }
  const answer = await registry.ask(`${repository}/manifests/${reference}`, asked)
  const why = answer.status < 300 ? '' : await reasonIn(answer)
  discard(answer)
  expect(answer, [201, 200, 202], `put the manifest ${reference} into ${repository}${why}`)
}

/** Deletes a tag, a manifest or a blob; gives the status. */
export async function remove(
  registry: Registry,
  repository: string,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  const answer = await registry.ask(`${repository}/${path}`, { method: 'DELETE', repository, signal })
  discard(answer)
  return answer.status
}

/** Path of a blob below its repository. */
export function blobUrl(digest: string): string {
  return `blobs/${digest}`
}

const noBody = { 'content-length': '0' }

function nextUrl({ headers, url }: Answer, repository: string): URL {
  if (headers.location !== undefined) return locationIn(headers.location, url)
  throw new RestituteError(
    'restore-failed',
    `upload to ${repository}: expected a place for the next piece, got none`,
  )
}

function expect({ status }: Answer, good: readonly number[], attempt: string): void {
  if (good.includes(status)) return
  const hint =
    status === 401 || status === 403 ? { hint: 'does the account of the secret have the right to push' } : {}
  throw new RestituteError('restore-failed', `${attempt}: expected status ${good[0]}, got ${status}`, hint)
}

/** The codes of the registry's errors (distribution specification, "Error codes"). */
async function reasonIn({ body }: Answer): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostManifestBytes) break
    chunks.push(chunk)
  }
  const codes =
    Buffer.concat(chunks)
      .toString()
      .match(/"code"\s*:\s*"[A-Z_]{1,64}"/g) ?? []
  return codes.length === 0
    ? ''
    : ` (${[...new Set(codes.map((code) => code.replace(/.*"([A-Z_]+)"$/, '$1')))].join(', ')})`
}
