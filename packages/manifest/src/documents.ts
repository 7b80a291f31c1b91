import type { Certificate, Order, Scope } from './documents/destruction.ts'
import type { Manifest } from './documents/package-manifest.ts'
import type { Receipt } from './documents/receipt.ts'

/** The signed documents by the name of their kind. */
export interface Documents {
  readonly manifest: Manifest
  readonly receipt: Receipt
  readonly order: Order
  readonly certificate: Certificate
  readonly scope: Scope
}

/** A kind of signed document. */
export type DocumentKind = keyof Documents

export function documentBytes<K extends DocumentKind>(_kind: K, _document: Documents[K]): Uint8Array {
  throw new Error('todo')
}
export function readDocument<K extends DocumentKind>(_kind: K, _bytes: Uint8Array): Documents[K] {
  throw new Error('todo')
}
export function documentKind(_bytes: Uint8Array): DocumentKind {
  throw new Error('todo')
}
