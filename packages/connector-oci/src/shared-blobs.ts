import { throwIfInterrupted } from '@restitute/core'
import { hasBlob } from './push.ts'
import type { Registry } from './registry.ts'

/** Most questions that are asked to find out who else has what. */
const mostQuestions = 20_000

/**
 * How many of some blobs other repositories of the registry have, which keep them; nothing when that cannot be found
 * out: the catalog or a repository is closed, or it would take too many questions.
 */
export async function sharedBlobs(
  registry: Registry,
  digests: readonly string[],
  isOwn: (repository: string) => boolean,
  signal: AbortSignal,
): Promise<number | undefined> {
  const others = await othersOf(registry, isOwn, signal)
  if (others === undefined || others.length * digests.length > mostQuestions) return undefined
  let shared = 0
  for (const digest of digests) {
    throwIfInterrupted(signal)
    const isShared = await isIn(registry, others, digest, signal)
    if (isShared === undefined) return undefined
    if (isShared) shared++
  }
  return shared
}

async function othersOf(
  registry: Registry,
  isOwn: (repository: string) => boolean,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const others: string[] = []
  try {
    for await (const repository of registry.repositories(signal))
      if (!isOwn(repository)) others.push(repository)
    return others
  } catch {
    throwIfInterrupted(signal)
    return undefined
  }
}

async function isIn(
  registry: Registry,
  repositories: readonly string[],
  digest: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  let found: boolean | undefined = false
  for (const repository of repositories) {
    const has = await hasBlob(registry, repository, digest, signal)
    if (has === true) return true
    found = has === undefined ? undefined : found
  }
  return found
}
