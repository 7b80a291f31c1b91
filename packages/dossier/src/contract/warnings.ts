import type { Contract, Role } from '@restitute/manifest'

/** Persons whose keys must sign an order (design §4): the contract's number, never below two. */
export function authorisersNeeded(contract: Contract): number {
  return Math.max(2, contract.approval?.authorisers ?? 2)
}

/** What a contract allows itself and should not: it can be exported under, but not destroyed under. */
export function contractWarnings(contract: Contract): string[] {
  const host = contract.persons.filter(({ party }) => party === 'host')
  const holders = (role: Role): number => host.filter(({ roles }) => roles.includes(role)).length
  const needed = authorisersNeeded(contract)
  const checks: readonly (readonly [boolean, string])[] = [
    [host.length >= 3, `${host.length} persons of the host: a destruction needs at least three`],
    [holders('operator') >= 1, 'nobody of the host has the role operator: nobody may export or execute'],
    [holders('authoriser') >= needed, `a destruction needs ${needed} persons with the role authoriser`],
    [
      holders('verifier') >= 1,
      'nobody of the host has the role verifier: nobody may probe what was destroyed',
    ],
    [
      contract.parties.client.keys.length >= 2,
      'one recipient key alone: if the client loses it, the delivery is lost; a destruction needs two, or a waiver',
    ],
  ]
  return checks.filter(([holds]) => !holds).map(([, text]) => text)
}
