import type { Case, ConnectorSetup } from './types.ts'

/**
 * The promises that every connector keeps (design §2), one case each; which ones apply follows from the abilities
 * that the connector declares. Run each as a test: `for (const c of connectorCases(setup)) it(c.name, () => c.run())`.
 */
export function connectorCases(setup: ConnectorSetup): Case[] {
  return [{ name: `${setup.connector.kind}: not yet`, run: async () => {} }]
}
