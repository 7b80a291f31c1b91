import { destroyCases } from './connector/destroy-cases.ts'
import { failureCases } from './connector/failure-cases.ts'
import { inventoryCases } from './connector/inventory-cases.ts'
import { readCases } from './connector/read-cases.ts'
import { restoreCases } from './connector/restore-cases.ts'
import { viewCases } from './connector/view-cases.ts'
import { watchCases } from './connector/watch-cases.ts'
import type { Case, ConnectorSetup } from './types.ts'

/**
 * The promises that every connector keeps (design §2), one case each; which ones apply follows from the abilities
 * that the connector declares. As tests: `it.each(connectorCases(setup))('$name', ({ run }) => run())`.
 */
export function connectorCases(setup: ConnectorSetup): Case[] {
  return [
    ...inventoryCases(setup),
    ...readCases(setup),
    ...viewCases(setup),
    ...watchCases(setup),
    ...restoreCases(setup),
    ...destroyCases(setup),
    ...failureCases(setup),
  ]
}
