import { randomUUID } from 'node:crypto'
import { isoTime } from '@restitute/core'
import type { DocumentHead } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'

/** What a document of a dossier begins with, made at this moment; its id is a new one. */
export function documentHead(
  { contract, sha256 }: Pick<LoadedContract, 'contract' | 'sha256'>,
  operation: string,
  at: Date,
): DocumentHead {
  const { reference, demonstration } = contract
  return {
    id: randomUUID(),
    createdAt: isoTime(at),
    contract: { reference, sha256 },
    operation,
    ...(demonstration ? { demonstration } : {}),
  }
}
