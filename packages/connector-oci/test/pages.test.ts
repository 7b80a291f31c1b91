import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import { hostileRegistry, parts } from './hostile-registry.ts'
import { image } from './images.ts'
import { signal, spec } from './support.ts'

const good = image('good', [2_000])

describe('a registry that gives all tags at once, however many are asked for', () => {
  it('has each asked for and counted once', async () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`v${i}`, good.manifest]))
    await using registry = await hostileRegistry(many, parts(good))
    const source = spec(`${registry.origin}/a/b`)
    await using prober = await ociConnector.prober(source, signal)
    expect((await prober.look(signal)).looked.join()).toContain('1500 found')
    registry.asked.length = 0
    await using exporter = await ociConnector.freeze(source, signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    expect(items.filter(({ kind }) => kind === 'tag')).toHaveLength(1500)
    // The names are read twice, to see that they stand still.
    expect(registry.asked.filter((line) => line === 'HEAD /v2/a/b/manifests/v7')).toHaveLength(2)
  })
})
