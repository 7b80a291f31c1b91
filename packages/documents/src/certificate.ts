import type { Certificate } from '@restitute/manifest'
import type { DocumentSignature, Edition } from './page.ts'

export function certificateHtml(
  _certificate: Certificate,
  _bytes: Uint8Array,
  _signatures: readonly DocumentSignature[],
  _edition: Edition,
): string {
  throw new Error('todo')
}
