export { certificateHtml } from './certificate.ts'
export type { DocumentSignature, Edition } from './page.ts'
export { receiptHtml } from './receipt.ts'
