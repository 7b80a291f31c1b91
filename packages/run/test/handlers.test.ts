import type { Connector, DestinationOf, Exporter, Item, Passage } from '@restitute/core'
import { expect, it } from 'vitest'
import { handlers } from '../src/workers/handlers.ts'
import { newPace, setPace } from '../src/workers/pace.ts'

const spec = { name: 'lab', url: 'fake:lab' }
const context = {
  signal: new AbortController().signal,
  progress: () => {},
  packed: () => {},
}

/** A connector whose inventory reads three tables before it gives any item, and as many things as it gives them. */
function reading(read: string[]): Connector {
  async function* inventory(_: AbortSignal, passage?: Passage): AsyncIterable<Item> {
    for (const table of ['a', 'b', 'c']) {
      await passage?.()
      read.push(table)
    }
    for (const id of ['d', 'e', 'f']) {
      read.push(id)
      yield { id, kind: 'table', bytes: 0, mark: '' }
    }
  }
  const exporter = { inventory, view: {} } as Partial<Exporter> as Exporter
  return { abilities: { joinable: true }, freeze: async () => exporter } as unknown as Connector
}

it('an inventory reads nothing more once its source is paused, and goes on when it is not', async () => {
  const read: string[] = []
  const { open, inventory } = handlers(async () => reading(read), {} as DestinationOf)
  const pace = newPace()
  const got: Item[] = []
  await open({ key: 'lab', spec }, { ...context, send: async () => {} })
  setPace(pace, { paused: true })
  const send = async (items: readonly Item[]): Promise<void> => void got.push(...items)
  const done = inventory({ key: 'lab', pace }, { ...context, send })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(read).toEqual([])
  setPace(pace, { paused: false })
  await done
  expect(read).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  expect(got.map(({ id }) => id)).toEqual(['d', 'e', 'f'])
})
