import { GetBucketOwnershipControlsCommand, GetObjectAclCommand } from '@aws-sdk/client-s3'
import { type Json, throwIfInterrupted } from '@restitute/core'
import { statusOf } from './errors.ts'
import { request, type VersionKey } from './facts.ts'
import type { Store } from './store.ts'

const mostKnown = 100

/**
 * The access lists of a bucket's versions. Nothing but a request for each version tells whether it has one of its own, save
 * where the bucket says that there are none. Most are the same, so that most answers need not be parsed.
 */
export class AccessLists {
  readonly #store: Store
  readonly #known = new Map<string, Json | undefined>()
  #disabled: Promise<boolean> | undefined

  constructor(store: Store) {
    this.#store = store
  }

  /** The list of a version, unless it gives all rights to the owner alone. Throws what the service said. */
  async of(which: VersionKey, signal: AbortSignal): Promise<Json | undefined> {
    this.#disabled ??= this.#areDisabled(signal)
    if (await this.#disabled) return undefined
    const text = await this.#ask(which, signal)
    if (this.#known.has(text)) return this.#known.get(text)
    const list = await this.#parsed(which, text, signal)
    if (this.#known.size < mostKnown) this.#known.set(text, list)
    return list
  }

  /** A service that knows no lists says so once. */
  async #ask(which: VersionKey, signal: AbortSignal): Promise<string> {
    try {
      return await this.#store.text(which, 'acl', signal)
    } catch (error) {
      if (statusOf(error) === 501) this.#disabled = Promise.resolve(true)
      throw error
    }
  }

  /** Where objects belong to the owner of the bucket whoever made them, the service takes and heeds no lists. */
  async #areDisabled(signal: AbortSignal): Promise<boolean> {
    const command = new GetBucketOwnershipControlsCommand(this.#store.bucket)
    const answer = await this.#store.send(command, signal).catch(() => throwIfInterrupted(signal))
    const rules = answer?.OwnershipControls?.Rules ?? []
    return rules.some(({ ObjectOwnership }) => ObjectOwnership === 'BucketOwnerEnforced')
  }

  /** The SDK parses the answer that we have, and asks for none. */
  async #parsed(which: VersionKey, text: string, signal: AbortSignal): Promise<Json | undefined> {
    const command = new GetObjectAclCommand(request(this.#store, which))
    command.middlewareStack.add(
      () => async () => ({
        response: { statusCode: 200, headers: {}, body: Buffer.from(text) },
        output: { $metadata: {} },
      }),
      { step: 'deserialize', priority: 'low' },
    )
    const { Owner, Grants = [] } = await this.#store.send(command, signal)
    const [first] = Grants
    const plain = first?.Grantee?.ID === Owner?.ID && first?.Permission === 'FULL_CONTROL'
    if (Grants.length === 1 && plain) return undefined
    return JSON.parse(JSON.stringify({ owner: Owner, grants: Grants })) as Json
  }
}
