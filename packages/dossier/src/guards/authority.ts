import { isoTime } from '@restitute/core'
import type { Order } from '@restitute/manifest'
import { authorisersNeeded } from '../contract/warnings.ts'
import { floorsOf } from '../floors.ts'
import { clockTolerance } from '../moment.ts'
import { stateOf } from '../operation-state.ts'
import { orderSigners } from '../order-signers.ts'
import { holdsHostRole } from '../roles.ts'
import { sameRefs } from './delivery.ts'
import type { DestructionFacts, SignedFacts } from './facts.ts'

/*
 * The guards on who may act and when. Each returns why it does not hold, or nothing.
 */

/**
 * Enough distinct authorisers of the host, none of them the executor, have signed an order for exactly this.
 */
export function authorised(facts: DestructionFacts): string | undefined {
  const { order } = facts
  if (order === undefined) return 'there is no order'
  if (!holdsHostRole(facts.contract, facts.executor, 'operator'))
    return 'who executes has not the role operator in the contract'
  const signers = [
    ...new Set(order.signers.filter((one) => holdsHostRole(facts.contract, one, 'authoriser'))),
  ]
  if (signers.includes(facts.executor)) return 'who executes has also signed the order'
  const needed = authorisersNeeded(facts.contract.contract)
  const own = facts.events.filter(({ operation }) => operation === facts.operation)
  // No certificate would verify that rests on a signature without its event.
  const held = orderSigners(own, order.sha256)
  const recorded = signers.filter((one) => held.has(one))
  if (recorded.length < needed) {
    const others = signers.length - recorded.length
    const why = others === 0 ? '' : `: the ledger does not hold that ${others} more signed it`
    return `expected ${needed} distinct authorisers on the order, got ${recorded.length}${why}`
  }
  if ([isoTime(facts.now), facts.stampedNow ?? ''].some((time) => time >= order.document.expiresAt))
    return `the order expired at ${order.document.expiresAt}`
  return bound(facts, order)
}

function bound(facts: DestructionFacts, { document }: SignedFacts<Order>): string | undefined {
  if (document.operation !== facts.operation) return `the order is for operation ${document.operation}`
  if (document.contract.sha256 !== facts.contract.sha256) return 'the order is for another contract'
  if (
    !sameRefs(
      document.packages,
      facts.packages.map(({ ref }) => ref),
    )
  )
    return 'the order is for another delivery'
  if (document.receiptSha256 !== facts.receipt?.sha256) return 'the order rests on another receipt'
  const stray = facts.copies.find(
    ({ name, kind }) => !document.copies.some((c) => c.name === name && c.kind === kind),
  )
  return stray && `the order does not name the copy ${stray.name}`
}

/**
 * Every period that the contract grants is over or waived, by a clock that does not run backwards: that of the
 * authority where the contract names one, and the host's must then agree with it.
 */
export function floors(facts: DestructionFacts): string | undefined {
  const clock = clockProblem(facts)
  if (clock !== undefined) return clock
  const last = facts.events.at(-1)
  if (last !== undefined && isoTime(facts.now) < last.at) {
    return `the clock says ${isoTime(facts.now)}, which is before event ${last.sequence} of ${last.at}`
  }
  const { authority } = facts.contract
  const now = authority === undefined ? facts.now : new Date(facts.stampedNow ?? Number.NaN)
  const running = floorsOf(facts.contract, facts.events, facts.operation, now).filter(
    ({ elapsed }) => !elapsed,
  )
  if (running.length === 0) return undefined
  return running.map(({ name, duration, until }) => `${name} (${duration}) ${ends(until)}`).join(', ')
}

function clockProblem({ contract, now, stampedNow }: DestructionFacts): string | undefined {
  if (contract.authority === undefined) return undefined
  if (stampedNow === undefined) return 'the time-stamping authority has not said what time it is'
  if (Math.abs(now.getTime() - Date.parse(stampedNow)) <= clockTolerance) return undefined
  return `the clock of this machine says ${isoTime(now)}, that of the time-stamping authority ${stampedNow}: more than five minutes apart`
}

function ends(until: string | undefined): string {
  return until === undefined ? 'has not begun' : `runs until ${until}`
}

/** Nobody has contested, held or withdrawn, or it was lifted by who may lift it. */
export function noContest({ events, operation }: DestructionFacts): string | undefined {
  const { held } = stateOf(events, operation)
  const open = held.filter(({ type }) => type !== 'acknowledged')
  if (open.length === 0) return undefined
  return open.map(({ type, sequence }) => `${type} of event ${sequence} is open`).join(', ')
}
