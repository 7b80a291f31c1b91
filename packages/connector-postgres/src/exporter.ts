import {
  type Entry,
  type Exporter,
  type Item,
  type Loss,
  type Passage,
  RestituteError,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { definitionEntries, definitionsId, missingDump } from './definition-entries.ts'
import { tableId } from './digest.ts'
import { fileEntry } from './entries.ts'
import { failure } from './errors.ts'
import { expectHeld } from './held.ts'
import { inventoryOf } from './inventory.ts'
import { largeObjectEntries } from './large-object-entries.ts'
import { type Location, locationOf, placeOf } from './location.ts'
import { readSequences, type Sequence, sequenceId, sequenceScript } from './sequences.ts'
import type { Session } from './session.ts'
import { type Cut, cutShards } from './shards.ts'
import { tableEntries } from './table-entries.ts'
import { readMaterialized, readTables, type Table } from './tables.ts'
import { enterView, type ViewToken } from './view.ts'

/** What a session in the view knows once and for all. */
interface Known {
  readonly tables: ReadonlyMap<string, Table>
  readonly sequences: ReadonlyMap<string, Sequence>
}

/**
 * Reads a database in a view that others read in as well, over one session of its own. A session that is lost is
 * opened again in the same view, or not at all (`source-view-lost`).
 */
export class PostgresExporter implements Exporter {
  readonly view: View
  readonly #location: Location
  #session: Session | undefined
  #known: Known | undefined

  constructor(source: SourceSpec, view: View) {
    this.#location = locationOf(source)
    this.view = view
  }

  /** Enters the view now, so that one that is gone shows at once. */
  async enter(signal: AbortSignal): Promise<Session> {
    if (this.#session?.alive) return this.#session
    await this.#leave()
    this.#session = await enterView(this.#location, this.view, signal)
    return this.#session
  }

  /** Whether the definitions can be written here. */
  async *foreseen(signal: AbortSignal): AsyncIterable<string> {
    const missing = missingDump(await this.enter(signal))
    if (missing !== undefined) yield `definitions: ${missing}`
  }

  async *inventory(signal: AbortSignal, passage?: Passage): AsyncIterable<Item> {
    throwIfInterrupted(signal)
    yield* this.#guarded(inventoryOf(await this.enter(signal), this.view, signal, passage), signal)
  }

  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    return cutShards(items, limits)
  }

  async *read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    throwIfInterrupted(signal)
    yield* this.#guarded(this.#entries(shard.slice as unknown as Cut, items, signal), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave()
  }

  async *#entries(cut: Cut, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const session = await this.enter(signal)
    for await (const item of items) {
      throwIfInterrupted(signal)
      if (item.lost !== undefined) yield { item: item.id, lost: item.lost }
      if (item.lost === undefined || item.id === definitionsId)
        yield* this.#entriesOf(session, item, cut, signal)
    }
  }

  async *#entriesOf(
    session: Session,
    item: Item,
    cut: Cut,
    signal: AbortSignal,
  ): AsyncIterable<Entry | Loss> {
    const modified = BigInt(Date.parse(this.view.takenAt)) * 1_000_000n
    const { kind, id } = item
    if (kind === 'definitions') {
      yield* definitionEntries(session, this.view.token as unknown as ViewToken, modified, signal)
    } else if (kind === 'table' || kind === 'materialized-rows') {
      const table = (await this.#objects(session, signal)).tables.get(id)
      if (!table) yield { item: id, lost: 'not in this view of the database' }
      else
        yield* tableEntries(session, table, { slice: cut.blocks, partBytes: cut.partBytes, modified }, signal)
    } else if (kind === 'sequence-value') {
      const sequence = (await this.#objects(session, signal)).sequences.get(id)
      if (!sequence) yield { item: id, lost: 'not in this view of the database' }
      else yield sequenceEntry(session, sequence, item, modified)
    } else if (kind === 'large-object') {
      yield* largeObjectEntries(session, item, { partBytes: cut.partBytes, modified }, signal)
    }
  }

  async #objects(session: Session, signal: AbortSignal): Promise<Known> {
    if (this.#known) return this.#known
    const tables = [...(await readTables(session, signal)), ...(await readMaterialized(session, signal))]
    const sequences = await readSequences(session, signal)
    this.#known = {
      tables: new Map(tables.map((table) => [tableId(table), table])),
      sequences: new Map(sequences.map((sequence) => [sequenceId(sequence), sequence])),
    }
    return this.#known
  }

  /**
   * What is read while nothing held the view does not count. After an error, or when the reader leaves early, the transaction is in no known state: the session is given up.
   */
  async *#guarded<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
    let whole = false
    try {
      yield* source
      await expectHeld(await this.enter(signal), this.view, signal)
      whole = true
    } catch (error) {
      throwIfInterrupted(signal)
      if (error instanceof RestituteError) throw error
      throw failure(`read ${placeOf(this.#location)}`, error)
    } finally {
      if (!whole) await this.#leave()
    }
  }

  async #leave(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.[Symbol.asyncDispose]()
  }
}

function sequenceEntry(session: Session, sequence: Sequence, item: Item, modified: bigint): Entry {
  const { last, called } = item.attributes as { last: string; called: boolean }
  const path = `data/sequences/${sequence.safeName}.sql`
  return fileEntry({
    path,
    item: item.id,
    chunks: [sequenceScript(session, sequence, { last, called })],
    modified,
  })
}
