import type { IncomingHttpHeaders } from 'node:http'
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3'
import { type JsonObject, throwIfInterrupted } from '@restitute/core'
import { isOfAccount, statusOf } from './errors.ts'
import { request, type VersionKey } from './facts.ts'
import type { Store } from './store.ts'

/**
 * The tags of a bucket's versions. How many a version has stands in the headers that come with it; but whoever has no right
 * to read tags is told of none, so that this right is tried out once.
 */
export class Tags {
  readonly #store: Store
  #told: Promise<boolean> | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** Tags by key, ascending; nothing where there are none. Throws what the service said. */
  async of(
    which: VersionKey,
    answer: IncomingHttpHeaders,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    if (answer['x-amz-tagging-count'] === undefined) {
      this.#told ??= this.#areTold(which, signal)
      if (await this.#told) return undefined
    }
    return this.#ask(which, signal)
  }

  async #ask(which: VersionKey, signal: AbortSignal): Promise<JsonObject> {
    const { TagSet = [] } = await this.#store.send(
      new GetObjectTaggingCommand(request(this.#store, which)),
      signal,
    )
    const pairs = TagSet.map(({ Key = '', Value = '' }) => [Key, Value] as const)
    return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  async #areTold(which: VersionKey, signal: AbortSignal): Promise<boolean> {
    try {
      return Object.keys(await this.#ask(which, signal)).length === 0
    } catch (error) {
      throwIfInterrupted(signal)
      const status = statusOf(error) ?? 500
      if ((status < 500 && !isOfAccount(error)) || status === 501) return status !== 403
      this.#told = undefined
      throw error
    }
  }
}
