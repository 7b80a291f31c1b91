import type { Dossier } from '@restitute/dossier'
import type { PackageRef } from '@restitute/manifest'
import { sameFolder } from './destinations.ts'

/**
 * Names of the package copies, `<destination>/<package>`, that lie where they were handed over: the contract may declare a
 * place of the client too, and what lies there is the client's.
 */
export function handedOver({ terms, ledger }: Dossier, operation: string): ReadonlySet<string> {
  const deliveries = ledger.events().filter((e) => e.type === 'delivered' && e.operation === operation)
  const names = deliveries.flatMap(({ body: { place, packages } }) => {
    const there = terms.contract.destinations.filter(
      ({ url }) => typeof place === 'string' && sameFolder(url, place),
    )
    const refs = packages as unknown as readonly PackageRef[]
    return there.flatMap(({ name }) => refs.map((ref) => `${name}/${ref.package}`))
  })
  return new Set(names)
}
