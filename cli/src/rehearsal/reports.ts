import type { Dossier } from '@restitute/dossier'
import { signedDocument } from '@restitute/dossier'
import type { Rehearsal } from '@restitute/manifest'

/** Every rehearsal of the ledger, oldest first, from its signed report. */
export async function pastRehearsals(dossier: Dossier): Promise<Rehearsal[]> {
  const found: Rehearsal[] = []
  for (const { type, body } of dossier.ledger.events()) {
    if (type !== 'rehearsed') continue
    const { document } = await signedDocument(dossier, 'rehearsal', body['sha256'] as string)
    found.push(document)
  }
  return found
}
