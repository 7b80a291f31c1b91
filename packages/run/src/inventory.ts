import {
  type ConnectorOf,
  freezeAlone,
  type Item,
  noProgress,
  type Progress,
  type SourceSpec,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import type { Tally } from '@restitute/manifest'
import { recordable } from './export/recordable.ts'
import { Moment, type MomentPlace } from './hooks/moment.ts'

/** What {@link takeInventory} needs. */
export interface InventoryOptions {
  readonly sources: readonly SourceSpec[]
  readonly connectorOf: ConnectorOf
  /** Where what the sources' hooks have done is kept: the same for all who run them. */
  readonly hooks: MomentPlace
  readonly signal: AbortSignal
  readonly progress?: Progress
}

/** One source, counted and sized inside one frozen view that is released again. */
export interface SourceInventory {
  readonly name: string
  /** Kind of its connector. */
  readonly kind: string
  readonly view: View
  readonly items: number
  readonly bytes: number
  /** Items by kind, in order of the kind's name. */
  readonly kinds: Readonly<Record<string, Tally>>
  /** Items that could not be delivered, among `items`. */
  readonly lost: number
}

const reportEvery = 1000

/** Counts every item of these sources, one source after the other; writes nothing. Throws what the connectors throw. */
export async function takeInventory(options: InventoryOptions): Promise<SourceInventory[]> {
  const inventories: SourceInventory[] = []
  for (const source of options.sources) inventories.push(await inventoryOf(source, options))
  return inventories
}

async function inventoryOf(source: SourceSpec, options: InventoryOptions): Promise<SourceInventory> {
  const { connectorOf, signal, progress = noProgress } = options
  const connector = await connectorOf(source.url)
  const moment = new Moment(source, options.hooks)
  await using _undone = { [Symbol.asyncDispose]: () => moment.end() }
  await using exporter = await moment.take(() => freezeAlone(connector, source, signal), signal)
  const count = new Count()
  for await (const item of exporter.inventory(signal)) {
    throwIfInterrupted(signal)
    count.add(recordable(item))
    if (count.items % reportEvery === 0) progress(count.report(source.name))
  }
  progress(count.report(source.name))
  return { name: source.name, kind: connector.kind, view: exporter.view, ...count.result() }
}

/** Sums over an inventory that is not kept. */
class Count {
  items = 0
  #bytes = 0
  #lost = 0
  readonly #kinds = new Map<string, { items: number; bytes: number }>()

  add({ kind, bytes, lost }: Item): void {
    const tally = this.#kinds.get(kind) ?? { items: 0, bytes: 0 }
    tally.items++
    tally.bytes += bytes
    this.#kinds.set(kind, tally)
    this.items++
    this.#bytes += bytes
    if (lost !== undefined) this.#lost++
  }

  report(subject: string): Parameters<Progress>[0] {
    return { task: 'inventory', subject, doneBytes: this.#bytes, doneItems: this.items }
  }

  result(): Pick<SourceInventory, 'items' | 'bytes' | 'kinds' | 'lost'> {
    const kinds = Object.fromEntries([...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { items: this.items, bytes: this.#bytes, kinds, lost: this.#lost }
  }
}
