import { join } from 'node:path'
import type { SourceSpec } from '@restitute/core'
import { resolveSecret } from '@restitute/dossier'
import type { RehearsalTerms } from '@restitute/manifest'
import type { ExportSource } from '@restitute/run'

/** Kinds that are rebuilt in a folder, and what their URL is there. */
const local: Readonly<Record<string, (path: string) => string>> = {
  files: (path) => `files:${path}`,
  sqlite: (path) => `sqlite:${path}.db`,
}

/** Where a source is rebuilt in a rehearsal, or why it is not. */
export type TargetOf = (source: ExportSource, folder: string) => SourceSpec | string

/** Targets that the contract names, by their source, with their secrets, which are resolved here, once. */
export async function namedTargets(
  terms: RehearsalTerms | undefined,
): Promise<ReadonlyMap<string, SourceSpec>> {
  const named = new Map<string, SourceSpec>()
  for (const { source, url, secret } of terms?.targets ?? []) {
    const known = secret === undefined ? {} : { secret: await resolveSecret(secret) }
    named.set(source, { name: source, url, ...known })
  }
  return named
}

/** Targets that the contract names come first; what fits into a folder needs none. */
export function targetsOf(named: ReadonlyMap<string, SourceSpec>): TargetOf {
  return ({ terms: { name, url } }, folder) => {
    const kind = url.split(':', 1)[0] ?? ''
    const make = local[kind]
    return (
      named.get(name) ??
      (make
        ? { name, url: make(join(folder, name)) }
        : `the contract names no target for a source of kind ${kind}`)
    )
  }
}
