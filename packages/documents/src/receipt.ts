import type { Receipt } from '@restitute/manifest'
import type { DocumentSignature, Edition } from './page.ts'

export function receiptHtml(
  _receipt: Receipt,
  _bytes: Uint8Array,
  _signatures: readonly DocumentSignature[],
  _edition: Edition,
): string {
  throw new Error('todo')
}
