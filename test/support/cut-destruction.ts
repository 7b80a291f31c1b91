import { expect } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { ConnectorOf, Destroyer } from '../../packages/core/src/index.ts'
import type { Case } from './case.ts'

/** Destroys until the first step is done; with `part`, until that part of it is. */
export async function cut(c: Case, confirm: readonly string[], part?: () => Promise<unknown>): Promise<void> {
  const abort = new AbortController()
  const session = c.as('operator')
  const connectorOf = destroyingBy(session.connectorOf, (real) => cutting(real, () => abort.abort(), part))
  const run = destroy(
    { ...session, connectorOf, signal: abort.signal },
    { execute: true, see: false, confirm },
  )
  await expect(run).rejects.toMatchObject({ code: 'interrupted' })
}

/** Connectors whose destroyers do it in another way. */
export function destroyingBy(
  connectorOf: ConnectorOf,
  how: (real: Destroyer) => Destroyer['destroy'],
): ConnectorOf {
  return async (url) => {
    const real = await connectorOf(url)
    return { ...real, destroyer: async (...given) => changed(await real.destroyer(...given), how) }
  }
}

function changed(real: Destroyer, how: (real: Destroyer) => Destroyer['destroy']): Destroyer {
  return {
    fingerprint: real.fingerprint,
    method: real.method,
    ...(real.server === undefined ? {} : { server: real.server }),
    ...(real.age === undefined ? {} : { age: real.age }),
    ...(real.stand === undefined ? {} : { stand: real.stand }),
    ...(real.parts === undefined ? {} : { parts: real.parts }),
    plan: (signal) => real.plan(signal),
    destroy: how(real),
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  }
}

function cutting(real: Destroyer, stop: () => void, part?: () => Promise<unknown>): Destroyer['destroy'] {
  return async function* (signal) {
    await part?.()
    if (part) stop()
    for await (const step of real.destroy(signal)) {
      yield step
      stop()
    }
  }
}
