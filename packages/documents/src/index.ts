export { type CaseRecord, deliverySlipHtml, minutesHtml } from './case-pages.ts'
export { certificateHtml } from './certificate.ts'
export type { DocumentSignature, Edition } from './page.ts'
export { receiptHtml } from './receipt.ts'
