import { openContent } from './content/open.ts'
import type { Reader } from './content/reader.ts'
import type { Member } from './machine/machine.ts'

/** Keeps the reader of one member open: shards come one after the other, and each would start a server. */
export class OpenReader implements AsyncDisposable {
  #open: { readonly id: string; readonly reader: Reader } | undefined

  /** Valid until another member's is asked for. To be closed after an error, since it may be dead. */
  async of(member: Member, signal: AbortSignal): Promise<Reader> {
    if (this.#open?.id === member.id) return this.#open.reader
    await this.close()
    if (member.content === undefined) throw new Error('nothing to read')
    const reader = await openContent(member.content, signal)
    this.#open = { id: member.id, reader }
    return reader
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.reader[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
