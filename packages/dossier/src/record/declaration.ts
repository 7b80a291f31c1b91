import { type JsonObject, RestituteError, shellWord } from '@restitute/core'
import { type Declaration, readDocument, sha256Hex } from '@restitute/manifest'
import { mediaOf } from '../media.ts'
import { keyCopy } from '../pinned-contracts.ts'
import { isHost } from '../signatures.ts'
import { storeDocument } from '../signed-documents.ts'
import { assertAboutThis } from './about.ts'
import { type SignedFile, signersOf } from './keep.ts'
import type { RecordOptions } from './options.ts'

/**
 * What the event of a declaration says: the copy, and whose word it is. `holder`: it bears a good signature of
 * the key that was given as the holder's; `host`: a person of the host vouches for it by a
 * signature on it, whoever else has signed; a client that holds a copy itself signs alone, with its own key. It is
 * printed as declared either way (R36). Throws `usage` for an unknown copy,
 * `signature-invalid` when the holder's key has not signed, or nobody whom the contract knows.
 */
export async function declarationFacts(
  o: RecordOptions,
  file: SignedFile,
  ours: boolean,
): Promise<JsonObject> {
  const document = ours ? readDocument('declaration', file.bytes) : undefined
  if (document !== undefined) assertAboutThis(o, document)
  return {
    copy: declaredCopy(o, document?.copy ?? o.copy),
    ...(document === undefined ? {} : saidIn(document)),
    ...(await wordOn(o, file)),
  }
}

function saidIn({ holder, method, endedAt }: Declaration): JsonObject {
  return { holder, method, endedAt }
}

async function wordOn(o: RecordOptions, file: SignedFile): Promise<JsonObject> {
  // A key of the host makes nobody else's word, by whatever name it is given.
  if (o.holderKey === undefined || isHost(o.dossier.terms, o.holderKey.fingerprint)) {
    const [first = nobody(file), ...others] = signersOf(file)
    // The claim that it is the holder's own word is the greater one: a host that has signed too takes it back.
    const ofHost = [first, ...others].find((one) => isHost(o.dossier.terms, one))
    return ofHost === undefined ? { word: 'holder', wordOf: first } : { word: 'host', wordOf: ofHost }
  }
  const { fingerprint, armored } = o.holderKey
  if (!signersOf(file).includes(fingerprint))
    throw new RestituteError(
      'signature-invalid',
      `${file.name}: no good signature of its holder ${fingerprint}`,
    )
  const bytes = Buffer.from(armored)
  const { stem } = keyCopy(sha256Hex(bytes))
  await storeDocument({ dossier: o.dossier, stem, extension: 'asc', bytes, signatures: new Map() })
  return { word: 'holder', wordOf: fingerprint }
}

/** A copy counts as gone on a declaration alone: somebody whom the contract knows must answer for it. */
function nobody({ name }: SignedFile): never {
  throw new RestituteError('signature-invalid', `${name}: no good signature by a key of the contract`, {
    hint: `its holder signs it, or else a person of the host who vouches for it: restitute sign ${shellWord(name)} --as <key>`,
  })
}

function declaredCopy({ dossier, operation }: RecordOptions, copy: string | undefined): string {
  const { instances, destinations } = dossier.terms.contract
  const known = [
    ...instances.flatMap(({ sources, copies }) =>
      [...(sources ?? []), ...(copies ?? [])].map(({ name }) => name),
    ),
    ...mediaOf(dossier.ledger.events(), operation).map(({ name }) => name),
  ]
  const isPackage = destinations.some(({ name }) => copy?.startsWith(`${name}/`))
  if (copy !== undefined && (known.includes(copy) || isPackage)) return copy
  throw new RestituteError('usage', `declaration: expected the name of a copy, got ${copy ?? 'none'}`, {
    hint: `the contract has ${known.join(', ')}`,
  })
}
