import { RestituteError } from '@restitute/core'
import { exportAnew, isTouched } from '../half-destroyed.ts'
import { authorised, floors, noContest } from './authority.ts'
import { probeReady, tenant, unchanged } from './copies.ts'
import { consent, contractPinned, deliveryValid, receipt, scope } from './delivery.ts'
import { type DestructionFacts, type GuardName, type GuardVerdict, guardNames } from './facts.ts'

type Guard = (facts: DestructionFacts) => string | undefined

interface Judged {
  readonly judge: Guard
  readonly hint: string | ((facts: DestructionFacts) => string)
}

const guards: Readonly<Record<GuardName, Judged>> = {
  'contract-pinned': {
    judge: contractPinned,
    hint: 'have the contract signed by host and client, record it, and export under it',
  },
  scope: { judge: scope, hint: 'have the scope signed by host and client, then restitute record scope' },
  'delivery-valid': { judge: deliveryValid, hint: 'restitute verify says what is wrong with a package' },
  receipt: { judge: receipt, hint: 'ask the client for a receipt that accepts this delivery' },
  consent: { judge: consent, hint: 'the client consents with restitute acknowledge --consent-destruction' },
  authorised: { judge: authorised, hint: 'two authorisers sign an order with restitute authorise' },
  floors: { judge: floors, hint: 'restitute status says what is due when' },
  'no-contest': {
    judge: noContest,
    hint: 'it ends with a signed contest-closed, release or incident-closed, which restitute record takes',
  },
  tenant: {
    judge: tenant,
    hint: 'check that this is the right system, then type --confirm <copy>=<fingerprint> for each copy of the plan',
  },
  unchanged: {
    judge: unchanged,
    hint: ({ events, operation, copies }) => {
      const changed = copies.filter(({ differences }) => differences !== 0).map(({ name }) => name)
      return isTouched(events, operation, changed) ? exportAnew : exportChanges
    },
  },
  'probe-ready': { judge: probeReady, hint: 'a verifier looks at the copies first' },
}

const exportChanges = 'export what has changed with --since, deliver it, and begin again from there'

/** The verdict of every guard on a destruction, in the order of {@link guardNames}. Pure. */
export function destructionGuards(facts: DestructionFacts): GuardVerdict[] {
  return guardNames.map((guard) => {
    const { judge, hint } = guards[guard]
    const reason = judge(facts)
    if (reason === undefined) return { guard, holds: true }
    return { guard, holds: false, reason, hint: typeof hint === 'string' ? hint : hint(facts) }
  })
}

/**
 * Throws `guard-refused` (exit 6) unless every guard holds: `details.guard` is the first that does not,
 * `details.guards` are all of them.
 */
export function assertGuards(verdicts: readonly GuardVerdict[]): void {
  const failing = verdicts.filter(({ holds }) => !holds)
  const [first] = failing
  if (first === undefined) return
  throw new RestituteError('guard-refused', `guard ${first.guard}: ${first.reason ?? 'does not hold'}`, {
    details: { guard: first.guard, guards: failing.map(({ guard }) => guard) },
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}
