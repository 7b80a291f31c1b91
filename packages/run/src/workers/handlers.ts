import type { WrittenVolume } from '@restitute/archive'
import type { ConnectorOf, DestinationOf, Exporter, Passage } from '@restitute/core'
import { RestituteError } from '@restitute/core'
import { openedOnce } from '../destinations.ts'
import { readDatabase } from '../journal/database.ts'
import type { MadeVolume } from '../journal/shards.ts'
import { itemsToExport } from '../journal/to-export.ts'
import { readingHandlers } from '../reading/handlers.ts'
import { sendAll } from './batches.ts'
import { checkFile } from './check-file.ts'
import { overlapping } from './overlapping.ts'
import { passage } from './pace.ts'
import type { CallName, Calls } from './protocol.ts'
import { writeBag } from './write-bag.ts'
import { writeShard } from './write-shard.ts'
import { writeSourceIndex } from './write-source-index.ts'

/** What a call has besides its request. */
export interface CallContext<Batch> {
  readonly signal: AbortSignal
  /** Resolves when the other side has taken the batch; throws once aborted. */
  readonly send: (batch: Batch) => Promise<void>
  /** Plaintext bytes done since the last time. */
  readonly progress: (bytes: number) => void
  /** Allows the next call to begin beside what is left of this one. */
  readonly packed: () => void
}

/** The code of one call. */
export type Handler<K extends CallName> = (
  request: Calls[K]['request'],
  context: CallContext<Calls[K]['batch']>,
) => Promise<Calls[K]['result']>

/** The code of every call. */
export type Handlers = { readonly [K in CallName]: Handler<K> }

/** What one worker can do; it remembers the sources that it holds. */
export function handlers(connectorOf: ConnectorOf, opening: DestinationOf): Handlers {
  const destinationOf = openedOnce(opening)
  const exporters = new Map<string, Exporter>()
  const oneBehind = overlapping()
  const held = ({ key }: { key: string }): Exporter => {
    const exporter = exporters.get(key)
    if (exporter) return exporter
    throw new RestituteError('internal', 'worker: asked for a source that it does not hold')
  }
  return {
    open: openSource(connectorOf, exporters),
    close: closeSources(exporters),
    release: async ({ spec, view }, { signal }) => {
      await (await connectorOf(spec.url)).release?.(spec, view, signal)
      return null
    },
    inventory: async (request, { signal, send }) => {
      const mayRead = (): Promise<void> | undefined => passage(request.pace, 0, signal)
      await sendAll(letThrough(held(request).inventory(signal, mayRead), mayRead), send)
      return null
    },
    plan: async (request, { send }) => {
      using db = readDatabase(request.journal)
      const items = itemsToExport(db, request.source)
      await sendAll(held(request).shards(items, request.limits), send)
      return null
    },
    volume: (request, context) =>
      timed((packed) => {
        const free = (): void => {
          packed()
          context.packed()
        }
        return oneBehind(free, (onPacked) =>
          writeShard(held(request), destinationOf, { ...request, onPacked }, context),
        )
      }),
    bag: (request, context) => timed(() => writeBag(destinationOf, request, context)),
    index: (request, { signal }) => writeSourceIndex(destinationOf, request, signal),
    ...readingHandlers(destinationOf),
    check: async ({ place, record }, { signal }) => checkFile(await destinationOf(place), record, signal),
  }
}

/** The next item is asked for once the source may be read. */
async function* letThrough<T>(items: AsyncIterable<T>, mayRead: Passage): AsyncIterable<T> {
  for await (const item of items) {
    const waiting = mayRead()
    if (waiting) await waiting
    yield item
  }
}

/** Until `packed` is called or, without that, to the end. */
async function timed(make: (packed: () => void) => Promise<WrittenVolume>): Promise<MadeVolume> {
  const [began, started] = [Date.now(), performance.now()]
  const since = (): number => (performance.now() - started) / 1000
  let seconds: number | undefined
  const written = await make(() => (seconds = since()))
  return { ...written, began, seconds: seconds ?? since() }
}

function openSource(connectorOf: ConnectorOf, exporters: Map<string, Exporter>): Handler<'open'> {
  return async ({ key, spec, view }, { signal }) => {
    const connector = await connectorOf(spec.url)
    if (view && !connector.abilities.joinable) throw viewLost()
    const exporter = view ? await connector.join(spec, view, signal) : await connector.freeze(spec, signal)
    exporters.set(key, exporter)
    const { joinable } = connector.abilities
    return { view: exporter.view, joinable }
  }
}

function closeSources(exporters: Map<string, Exporter>): Handler<'close'> {
  return async ({ key }) => {
    const closing = [...exporters].filter(([held]) => key === undefined || held === key)
    for (const [held] of closing) exporters.delete(held)
    await Promise.all(closing.map(([, exporter]) => exporter[Symbol.asyncDispose]()))
    return null
  }
}

function viewLost(): RestituteError {
  return new RestituteError('source-view-lost', 'source: its view ended with the worker that had frozen it')
}
