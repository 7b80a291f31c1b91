import type { Json } from '@restitute/core'

export function parseJson(_bytes: Uint8Array, _limits: { bytes?: number; depth?: number } = {}): Json {
  throw new Error('todo')
}
