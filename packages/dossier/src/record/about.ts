import { RestituteError } from '@restitute/core'
import type { DocumentHead } from '@restitute/manifest'
import type { RecordOptions } from './options.ts'

/** Throws `document-invalid` for a document of another operation or contract. */
export function assertAboutThis(o: RecordOptions, { operation, contract }: DocumentHead): void {
  const wrong = (what: string): RestituteError =>
    new RestituteError('document-invalid', `${o.kind}: it speaks of another ${what}`)
  if (operation !== o.operation) throw wrong(`operation than ${o.operation}`)
  if (contract.sha256 !== o.dossier.terms.sha256) throw wrong('contract than the one in force')
}
