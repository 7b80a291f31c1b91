import type { Dossier } from '@restitute/dossier'
import type { PackageRef } from '@restitute/manifest'
import { isSameFolder } from './destinations.ts'

/**
 * Names of the package copies, `<destination>/<package>`, that lie where they were handed over: the contract may declare a
 * place of the client too, and what lies there is the client's.
 */
export async function handedOver(
  { terms, ledger }: Dossier,
  operation: string,
): Promise<ReadonlySet<string>> {
  const deliveries = ledger.events().filter((e) => e.type === 'delivered' && e.operation === operation)
  const names = new Set<string>()
  for (const { body } of deliveries) {
    const { place, packages } = body as { place?: unknown; packages?: unknown }
    for (const { name, url } of terms.contract.destinations) {
      if (typeof place !== 'string' || !(await isSameFolder(url, place))) continue
      for (const ref of packages as readonly PackageRef[]) names.add(`${name}/${ref.package}`)
    }
  }
  return names
}
