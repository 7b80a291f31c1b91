import type { Destination } from '../../packages/core/src/index.ts'

/** A destination, and the names of what was read of it, each once, ascending. */
export interface CountingDestination {
  readonly destination: Destination
  readonly opened: () => string[]
}

/** The same destination, with what is read of it noted. */
export function countingDestination(inner: Destination): CountingDestination {
  const names = new Set<string>()
  const read: Destination['read'] = (name, options) => {
    names.add(name)
    return inner.read(name, options)
  }
  return { destination: { ...inner, read }, opened: () => [...names].sort() }
}
