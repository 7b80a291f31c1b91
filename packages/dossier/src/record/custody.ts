import { type JsonObject, RestituteError } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { bodyText, bodyTexts } from '../event-body.ts'
import { mediaOf } from '../media.ts'
import { isClient } from '../signatures.ts'
import { type SignedFile, signersOf } from './keep.ts'
import { eventsOf, type RecordOptions } from './options.ts'

/**
 * Whose word it is that the client keeps a medium, for the event. Throws `usage` for what was not handed over as a medium in the
 * operation: of a source or a backup nobody can say that it is the client's now.
 */
export function custodianOf(o: RecordOptions, file: SignedFile, copy: string): JsonObject {
  const media = mediaOf(eventsOf(o), o.operation).map(({ name }) => name)
  if (!media.includes(copy)) {
    throw new RestituteError('usage', `custody: expected a medium that was handed over, got ${copy}`, {
      hint: `${o.operation} has ${media.join(', ') || 'none'}`,
    })
  }
  return { word: 'holder', wordOf: signersOf(file).find((one) => isClient(o.dossier.terms, one)) ?? '' }
}

/** Throws unless the word is that of a client who has signed it. */
export function checkCustodian({ body }: LedgerEvent, contracts: readonly LoadedContract[]): void {
  const wordOf = bodyText(body, 'wordOf')
  const isSigned = bodyTexts(body, 'signers').includes(wordOf)
  if (isSigned && body['word'] === 'holder' && contracts.some((terms) => isClient(terms, wordOf))) return
  throw new Error('whose word it is, is not what the signatures on its document say')
}
