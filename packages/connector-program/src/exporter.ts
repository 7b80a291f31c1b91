import {
  consecutiveShards,
  type Entry,
  type Exporter,
  type Item,
  isoTime,
  type Loss,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  systemClock,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { Call } from './call.ts'
import { type Description, describe, fingerprintOf } from './description.ts'
import { entriesOf } from './entries.ts'
import { inventoryOf } from './items.ts'
import { notices } from './notice.ts'
import { Said } from './said.ts'

/** Reads a system through its program. The process that opened the view is kept until the exporter is disposed of. */
class ProgramExporter implements Exporter {
  readonly view: View
  readonly #source: SourceSpec
  readonly #description: Description
  readonly #holder: Call

  constructor(source: SourceSpec, view: View, description: Description, holder: Call) {
    this.view = view
    this.#source = source
    this.#description = description
    this.#holder = holder
  }

  inventory(signal: AbortSignal): AsyncIterable<Item> {
    return inventoryOf(this.#source, this.view.token, signal)
  }

  async *shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    const { partBytes } = limits
    for await (const shard of consecutiveShards(items, limits)) yield { ...shard, slice: { partBytes } }
  }

  async *read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    throwIfInterrupted(signal)
    const modified = BigInt(Date.parse(this.view.takenAt)) * 1_000_000n
    const partBytes = Number(shard.slice?.['partBytes'])
    const { token } = this.view
    yield* entriesOf(items, { source: this.#source, token, partBytes, modified, signal })
    if (shard.first === 1) yield* notices(this.#description, modified)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder[Symbol.asyncDispose]()
  }
}

/** Has the program open a view; throws what {@link Call} throws. */
export async function openExporter(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  const description = await describe(source, signal)
  // Not under the signal: the view outlives this call.
  const holder = await Call.start(source, 'open', {}, new AbortController().signal)
  const give = (): void => void holder[Symbol.asyncDispose]()
  signal.addEventListener('abort', give, { once: true })
  try {
    const line = await holder.next()
    throwIfInterrupted(signal)
    const said = new Said(line?.['view'], holder.frames, 'view')
    return new ProgramExporter(source, viewOf(source, said, description), description, holder)
  } catch (error) {
    await holder[Symbol.asyncDispose]()
    throwIfInterrupted(signal)
    throw error
  } finally {
    signal.removeEventListener('abort', give)
  }
}

function viewOf(source: SourceSpec, said: Said, description: Description): View {
  const consistency = said.oneOf('consistency', ['snapshot', 'quiesced', 'per-item'])
  return {
    token: said.value('token') ?? null,
    point: `${said.text('point')}; native format, not neutral: ${description.format}`,
    consistency: source.quiesced === true ? 'quiesced' : consistency,
    takenAt: isoTime(systemClock.now()),
    fingerprint: fingerprintOf(description),
  }
}
