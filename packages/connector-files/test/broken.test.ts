import { connectorCases } from '@restitute/conformance'
import type { Connector, Exporter } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { filesConnector } from '../src/index.ts'
import { mutations, populate, treePlace } from './support/places.ts'

const few = ['a file is added', 'one byte changes and size and time stay', 'a file is removed']

/** The names of the cases that a connector breaks. */
async function brokenCases(replaced: Partial<Connector>): Promise<string> {
  const cases = connectorCases({
    connector: { ...filesConnector, ...replaced },
    source: () => treePlace(populate),
    target: () => treePlace(),
    unreachable: { name: 'gone', url: 'files:/nonexistent/folder/tree' },
    mutations: mutations.filter(({ name }) => few.includes(name)),
  })
  const broken: string[] = []
  for (const { name, run } of cases) await run().catch(() => broken.push(name))
  return broken.join('\n')
}

function exporting(replace: (good: Exporter) => Partial<Exporter>): Partial<Connector> {
  const wrapped = (good: Exporter): Exporter => ({ ...good, ...replace(good) })
  return {
    freeze: async (...given) => wrapped(await filesConnector.freeze(...given)),
    join: async (...given) => wrapped(await filesConnector.join(...given)),
  }
}

describe('a connector that breaks a promise is found out by the cases', () => {
  it('an inventory out of order', async () => {
    const inventory = (good: Exporter): Partial<Exporter> => ({
      inventory: async function* (signal) {
        yield* (await Array.fromAsync(good.inventory(signal))).toReversed()
      },
    })
    expect(await brokenCases(exporting(inventory))).toContain('inventory: ids are unique')
  })

  it('an item that is passed over in silence', async () => {
    const read = (good: Exporter): Partial<Exporter> => ({
      read: async function* (...given) {
        for await (const one of good.read(...given)) if ('lost' in one || one.item !== '-first') yield one
      },
    })
    const broken = await brokenCases(exporting(read))
    expect(broken).toContain('read: every item comes as an entry or as a loss')
    expect(broken).toContain('restore: the target equals the source')
  })

  it('an entry shorter than it says, an unsafe path, a shard left out', async () => {
    const replaced = (good: Exporter): Partial<Exporter> => ({
      shards: async function* (...given) {
        for await (const shard of good.shards(...given)) if (shard.id !== '000002') yield shard
      },
      read: async function* (...given) {
        for await (const one of good.read(...given)) {
          yield 'lost' in one ? one : { ...one, size: one.size + 1, path: one.path.replace('scan', 's%63an') }
        }
      },
    })
    const broken = await brokenCases(exporting(replaced))
    expect(broken).toContain('shards: they cover the inventory exactly')
    expect(broken).toContain('read: every entry is exactly as long as it says')
    expect(broken).toContain('read: paths are safe')
  })

  it('a watcher that trusts sizes and times', async () => {
    const watch: Connector['watch'] = async (...given) => {
      const good = await filesConnector.watch(...given)
      return {
        ...good,
        differences: async function* (...known) {
          for await (const one of good.differences(...known)) if (one.detail !== 'content') yield one
        },
        [Symbol.asyncDispose]: () => good[Symbol.asyncDispose](),
      }
    }
    expect(await brokenCases({ watch })).toContain('watch: one byte changes and size and time stay')
  })

  it('a destroyer that does nothing, a prober that is always glad', async () => {
    const destroyer: Connector['destroyer'] = async (...given) => ({
      ...(await filesConnector.destroyer(...given)),
      destroy: async function* () {},
    })
    const prober: Connector['prober'] = async (...given) => {
      const good = await filesConnector.prober(...given)
      return { ...good, look: async (signal) => ({ ...(await good.look(signal)), state: 'absent' }) }
    }
    const broken = await brokenCases({ destroyer, prober })
    expect(broken).toContain('destroy: what is gone already is no error')
    expect(broken).toContain('probe: the copy is seen before and absent after')
  })

  it('work that goes on when it is told to stop', async () => {
    const deaf = new AbortController().signal
    const inventory = (good: Exporter): Partial<Exporter> => ({ inventory: () => good.inventory(deaf) })
    expect(await brokenCases(exporting(inventory))).toBe('interruption: the inventory ends as interrupted')
  })
})
