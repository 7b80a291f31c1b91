import { type JsonObject, RestituteError } from '@restitute/core'
import { type EventType, type LedgerEvent, readDocument } from '@restitute/manifest'
import { assertSignedBy } from '../signatures.ts'
import { assertAboutThis } from './about.ts'
import type { ProofKind } from './claims.ts'
import { declarationFacts } from './declaration.ts'
import { clientTime, keep, type SignedFile, signersOf } from './keep.ts'
import type { RecordKind, RecordOptions } from './options.ts'
import { readStatement } from './statement.ts'
import { isOurs } from './unfilled.ts'

/** What is taken in any form: a letter is enough to stop a destruction. */
export type AsIsKind = Exclude<RecordKind, ProofKind | 'challenge'>

/** What only the host can say, and hence signs. */
const byHost: readonly EventType[] = ['notice', 'reminder', 'certification-lost', 'roles-withdrawn']

/** Records a document of any form; one of ours is read strictly, and what it says goes into the event. */
export async function recordAsIs(o: RecordOptions, file: SignedFile, type: AsIsKind): Promise<LedgerEvent> {
  if (byHost.includes(type)) assertSignedBy(o.dossier.terms, file.name, signersOf(file), ['host'])
  const time = type === 'notice' ? clientTime(o, file) : {}
  const facts = { ...(await factsIn(o, file, type)), ...time }
  return keep(o, file, { type, digest: 'sha256', facts })
}

async function factsIn(o: RecordOptions, file: SignedFile, type: AsIsKind): Promise<JsonObject> {
  const own = isOurs(file.bytes)
  if (type === 'declaration') return declarationFacts(o, file, own)
  if (!own) return {}
  return type === 'incident' ? incidentFacts(o, file) : statementFacts(o, file, type)
}

function incidentFacts(o: RecordOptions, { bytes }: SignedFile): JsonObject {
  const incident = readDocument('incident', bytes)
  assertAboutThis(o, incident)
  const { nature, notifiedAt } = incident
  return { nature, ...(notifiedAt === undefined ? {} : { notifiedAt }) }
}

/** The items of a contest stay in the document: their names may be somebody's. */
function statementFacts(o: RecordOptions, { bytes }: SignedFile, type: AsIsKind): JsonObject {
  const statement = readStatement(bytes)
  if (statement.kind !== type) {
    throw new RestituteError('document-invalid', `statement: expected a ${type}, got a ${statement.kind}`)
  }
  assertAboutThis(o, statement)
  const { about } = statement
  return about === undefined ? {} : { sources: [...new Set(about.map(({ source }) => source))] }
}
