import { expect, it } from 'vitest'
import { type Connector, type Exporter, freezeAlone } from '../src/index.ts'

it('says that nobody else joins the view, and releases it', async () => {
  const seen: unknown[] = []
  const view = { token: null } as unknown as Exporter['view']
  const connector = {
    freeze: async (_source, _signal, options) => {
      seen.push(options)
      return { view, [Symbol.asyncDispose]: async () => void seen.push('left') } as unknown as Exporter
    },
    release: async (_source, released) => void seen.push(released === view),
  } as Partial<Connector> as Connector
  {
    await using _alone = await freezeAlone(
      connector,
      { name: 'lab', url: 'x:y' },
      new AbortController().signal,
    )
  }
  expect(seen).toEqual([{ alone: true }, 'left', true])
})
