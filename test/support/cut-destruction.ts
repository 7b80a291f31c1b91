import { expect } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { ConnectorOf, Destroyer } from '../../packages/core/src/index.ts'
import type { Case } from './case.ts'

/** Destroys until the first step is done; with `part`, until that part of it is. */
export async function cut(c: Case, confirm: readonly string[], part?: () => Promise<unknown>): Promise<void> {
  const abort = new AbortController()
  const session = c.as('operator')
  const connectorOf: ConnectorOf = async (url) => {
    const real = await session.connectorOf(url)
    return {
      ...real,
      destroyer: async (...given) => cutting(await real.destroyer(...given), () => abort.abort(), part),
    }
  }
  const run = destroy(
    { ...session, connectorOf, signal: abort.signal },
    { execute: true, see: false, confirm },
  )
  await expect(run).rejects.toMatchObject({ code: 'interrupted' })
}

function cutting(real: Destroyer, stop: () => void, part?: () => Promise<unknown>): Destroyer {
  return {
    fingerprint: real.fingerprint,
    method: real.method,
    ...(real.server === undefined ? {} : { server: real.server }),
    plan: (signal) => real.plan(signal),
    async *destroy(signal) {
      await part?.()
      if (part) stop()
      for await (const step of real.destroy(signal)) {
        yield step
        stop()
      }
    },
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}
