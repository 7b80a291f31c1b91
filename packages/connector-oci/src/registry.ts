import { RestituteError } from '@restitute/core'
import { type Answer, discard, type Outgoing, wholeBody } from './http.ts'
import { type Descriptor, descriptors, type Lost, mostManifestBytes, printable } from './manifest.ts'
import { acceptedManifests } from './media-types.ts'
import { hostile, isDigest, isRepository, isTag } from './names.ts'
import { provenBytes } from './proven.ts'
import { type Asked, RegistryConnection } from './registry-connection.ts'
import { pagesOf } from './registry-lists.ts'
import { resumed } from './resumed.ts'
import type { FetchedBlob, FetchedManifest } from './store.ts'

/** What registries without the referrers API answer. */
const noSuchApi: readonly number[] = [400, 404, 405, 501]
/** What servers answer that do not know HEAD: then the manifest itself is asked for. */
const withoutHead: readonly number[] = [405, 501]

/**
 * A client of the OCI distribution API (specification 1.1). Everything that comes is untrusted: sizes are bounded,
 * names and digests checked. What the registry does not have, or will not give, is an answer; a registry that does not
 * answer is `source-unreachable`.
 */
export class Registry extends RegistryConnection {
  /** Whether it has shown that it has the referrers API. */
  #referrers = false

  /** The repositories that the registry lists; throws `source-unreachable` where it lists none to us. */
  async *repositories(signal: AbortSignal): AsyncIterable<string> {
    for await (const page of pagesOf(this, '_catalog', { signal }, 'repositories')) {
      if (!page.list)
        throw new RestituteError(
          'source-unreachable',
          `catalog of ${this.origin.host}: ${page.lost}`,
          catalogHint,
        )
      for (const name of textsIn(page.list['repositories'], this.origin.host)) {
        if (!isRepository(name))
          throw hostile(`${this.origin.host} catalog`, 'names of repositories', printable(name))
        yield name
      }
    }
  }

  /**
   * The tags of a repository, a page at a time; none for one that is not there. `strict`: a 404 must then be the
   * registry's own; whatever stands before it answers 404 to what it does not route.
   */
  async *tags(
    repository: string,
    signal: AbortSignal,
    { strict = false }: { readonly strict?: boolean } = {},
  ): AsyncIterable<readonly string[] | Lost> {
    for await (const page of pagesOf(this, `${repository}/tags/list`, { repository, signal }, 'tags')) {
      if (!page.list) {
        if (page.status !== 404 || (strict && !page.isOwn))
          yield { lost: `its tags cannot be listed: ${page.lost}` }
        return
      }
      const tags = textsIn(page.list['tags'], this.origin.host)
      if (!tags.every(isTag)) throw hostile(`tags of ${repository}`, 'tags', 'other texts')
      yield tags
    }
  }

  /** Digest of what a tag names now. */
  resolve(repository: string, tag: string, signal: AbortSignal): Promise<{ digest: string } | Lost> {
    return this.orLost(() => this.#resolve(repository, tag, signal), signal)
  }

  async #resolve(repository: string, tag: string, signal: AbortSignal): Promise<{ digest: string } | Lost> {
    const asked: Asked = { method: 'HEAD', repository, headers: { accept: acceptedManifests }, signal }
    const answer = await this.ask(`${repository}/manifests/${tag}`, asked)
    const { status, headers, body } = answer
    body.resume()
    if (status !== 200 && !withoutHead.includes(status)) return this.refused(status, asked)
    const digest = headers['docker-content-digest']
    if (status === 200 && isDigest(digest)) return { digest }
    const whole = await this.#manifest(repository, tag, signal)
    return 'lost' in whole ? whole : { digest: provenBytes.digest(whole.bytes) }
  }

  /** A manifest or an index by its digest, proven. */
  async manifest(repository: string, digest: string, signal: AbortSignal): Promise<FetchedManifest | Lost> {
    const found = await this.orLost(() => this.#manifest(repository, digest, signal), signal)
    if ('lost' in found) return found
    return provenBytes.have(found.bytes, digest) ? found : { lost: 'its bytes do not have its digest' }
  }

  async #manifest(
    repository: string,
    reference: string,
    signal: AbortSignal,
  ): Promise<FetchedManifest | Lost> {
    const asked: Asked = { repository, headers: { accept: acceptedManifests }, signal }
    const answer = await this.ask(`${repository}/manifests/${reference}`, asked)
    if (answer.status !== 200) {
      discard(answer)
      return this.refused(answer.status, asked)
    }
    const bytes = await boundedBody(this.outgoing('', asked), answer)
    const mediaType = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? ''
    return 'lost' in bytes ? bytes : { bytes: bytes.whole, mediaType }
  }

  /** A blob, from a byte on; where the connection is cut it goes on from there. */
  async blob(repository: string, digest: string, signal: AbortSignal, from = 0): Promise<FetchedBlob | Lost> {
    const rest = (at: number): Promise<Answer | Lost> =>
      this.orLost(() => this.#blobFrom(repository, digest, at, signal), signal)
    const first = await rest(from)
    if ('lost' in first) return first
    const again = async (at: number): Promise<Answer | undefined> => {
      const answer = await rest(at)
      return 'lost' in answer ? undefined : answer
    }
    return resumed(first, from, again, signal)
  }

  async #blobFrom(
    repository: string,
    digest: string,
    from: number,
    signal: AbortSignal,
  ): Promise<Answer | Lost> {
    const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
    const asked: Asked = { repository, headers, signal }
    const answer = await this.ask(`${repository}/blobs/${digest}`, asked)
    if (answer.status === (from > 0 ? 206 : 200)) return answer
    discard(answer)
    return this.refused(answer.status, asked)
  }

  /**
   * What refers to a manifest, by the referrers API; nothing where the registry has none (the tag scheme is seen as tags). Asked
   * for each anew: a registry that has the API may answer the same for a manifest that it lacks.
   * A registry that fails or refuses may have one: then what refers to it is lost.
   */
  async *referrers(
    repository: string,
    digest: string,
    signal: AbortSignal,
  ): AsyncIterable<Descriptor | Lost> {
    for await (const page of pagesOf(this, `${repository}/referrers/${digest}`, { repository, signal })) {
      if (!page.list) {
        if (!noSuchApi.includes(page.status))
          yield { lost: `what refers to an image cannot be listed: ${page.lost}` }
        return
      }
      this.#referrers = true
      const list = descriptors(page.list['manifests'])
      if (list === undefined) throw hostile(`referrers of ${digest}`, 'descriptors', 'something else')
      yield* list
    }
  }

  /** Whether the registry has the referrers API. */
  async tellsReferrers(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    for await (const _ of this.referrers(repository, digest, signal)) break
    return this.#referrers
  }
}

const catalogHint = { hint: 'name each repository as a source of its own where the catalog is closed' }

function textsIn(list: unknown, host: string): string[] {
  if (list === null || list === undefined) return []
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list
  throw hostile(host, 'a list of names', 'something else')
}

async function boundedBody(outgoing: Outgoing, answer: Answer): Promise<{ whole: Buffer } | Lost> {
  try {
    return { whole: await wholeBody(outgoing, answer, mostManifestBytes) }
  } catch (error) {
    if (!(error instanceof RestituteError) || error.code !== 'hostile-input') throw error
    return { lost: `a manifest of more than ${mostManifestBytes} bytes` }
  }
}
