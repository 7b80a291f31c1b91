import type { Package } from '@restitute/archive'
import type { Contract } from '@restitute/manifest'
import type { Outcome } from '../session.ts'

/** Sources of a contract of which these packages say nothing, not even that they are left out; in its order. */
export function undeliveredSources({ instances }: Contract, packages: readonly Package[]): string[] {
  const delivered = new Set(packages.flatMap(({ manifest }) => manifest.sources.map(({ name }) => name)))
  const all = instances.flatMap(({ sources = [] }) => sources.map(({ name }) => name))
  return all.filter((name) => !delivered.has(name))
}

/** An outcome that says so before all else: each package may be sound, and the delivery without one of the sources. */
export function naming(undelivered: readonly string[], outcome: Outcome): Outcome {
  const lines = undelivered.map((name) => `NOT IN THESE PACKAGES: the source ${name} of the contract`)
  return {
    ...outcome,
    json: { ...outcome.json, undeliveredSources: undelivered },
    lines: [...lines, ...outcome.lines],
  }
}
