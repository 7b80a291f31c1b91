import { randomFillSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { destinationOf } from '../../cli/src/destinations.ts'
import {
  type Connector,
  type Destination,
  type Exporter,
  type Item,
  RestituteError,
} from '../../packages/core/src/index.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'

/*
 * A worker whose source is as fast as memory and as long as its URL says: `fast:<bytes>`. With `fast:<bytes>?<file>`
 * the destination stands still after its first MiB until the source stands still, too; the file then holds by how many
 * bytes the source was ahead.
 */
serveWorker({
  connectorOf: async (url) => fast(url),
  destinationOf: async (place) => {
    const real = await destinationOf(place)
    return report === undefined ? real : halting(real, report)
  },
})

const haltAfter = 1024 * 1024
const chunk = randomFillSync(Buffer.alloc(4 * 1024 * 1024))
let report: string | undefined
let read = 0

function fast(url: string): Connector {
  const [, bytes = '0', file] = /^fast:(\d+)(?:\?(.+))?$/.exec(url) ?? []
  report = file
  const freeze = async (): Promise<Exporter> => exporter(Number(bytes))
  const none = (): never => {
    throw new RestituteError('internal', 'not for this test')
  }
  return {
    kind: 'fast',
    abilities: { joinable: true, consistency: 'snapshot', digestsAtInventory: false, destruction: 'none' },
    ...{ freeze, join: freeze, watch: none, restore: none, compare: none },
    ...{ destroyer: none, prober: none, siblings: none },
  }
}

function exporter(bytes: number): Exporter {
  const item: Item = { id: 'x', kind: 'file', bytes, mark: '1' }
  return {
    view: {
      token: null,
      point: 'p',
      consistency: 'snapshot',
      takenAt: '2026-01-01T00:00:00Z',
      fingerprint: 'f',
    },
    async *inventory() {
      yield item
    },
    async *shards() {
      yield { id: '000001', first: 1, last: 1, bytes }
    },
    async *read() {
      const content = () => endless(bytes)
      yield { path: 'data/x', item: 'x', type: 'file', size: bytes, mode: 0o600, modified: 0n, content }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function* endless(bytes: number): AsyncIterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= 65_536) {
    const piece = chunk.subarray(read % chunk.length).subarray(0, Math.min(65_536, left))
    read += piece.length
    yield piece
  }
}

function halting(real: Destination, file: string): Destination {
  return {
    ...real,
    async create(name) {
      const pending = await real.create(name)
      let written = 0
      const write = async (piece: Uint8Array): Promise<void> => {
        await pending.write(piece)
        if (written < haltAfter && written + piece.length >= haltAfter) await standStill(file, written)
        written += piece.length
      }
      return {
        write,
        commit: () => pending.commit(),
        [Symbol.asyncDispose]: () => pending[Symbol.asyncDispose](),
      }
    },
  }
}

/** Until the source has not moved for a while. */
async function standStill(file: string, written: number): Promise<void> {
  for (let before = -1; before !== read; ) {
    before = read
    await sleep(300)
  }
  writeFileSync(file, String(read - written))
}
