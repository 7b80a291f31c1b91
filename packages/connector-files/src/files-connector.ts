import type { Connector } from '@restitute/core'

const notYet = (): never => {
  throw new Error('not yet')
}

/** Trees of files: `files:/abs/path`. */
export const filesConnector: Connector = {
  kind: 'files',
  abilities: { joinable: true, consistency: 'per-item', digestsAtInventory: false, destruction: 'deletion' },
  freeze: notYet,
  join: notYet,
  watch: notYet,
  restore: notYet,
  compare: notYet,
  destroyer: notYet,
  prober: notYet,
  siblings: notYet,
}
