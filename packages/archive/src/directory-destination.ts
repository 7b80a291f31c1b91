import type { Destination } from '@restitute/core'
export function directoryDestination(_path: string): Destination {
  throw new Error('todo')
}
