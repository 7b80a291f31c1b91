import type { MeasuredShard } from '@restitute/run'

/** How long a volume took its worker: the chain from the source to the destination, then the read-back. */
export function shardSeconds({ stages }: MeasuredShard): number {
  const chain = stages.filter(({ stage }) => stage !== 'read-back')
  const back = stages.filter(({ stage }) => stage === 'read-back')
  const took = (one: MeasuredShard['stages'][number]): number => one.busySeconds + one.waitingSeconds
  return Math.max(0, ...chain.map(took)) + back.reduce((sum, one) => sum + took(one), 0)
}
