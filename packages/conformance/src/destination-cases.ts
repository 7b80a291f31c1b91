import type { Case, DestinationSetup } from './types.ts'

/** The promises that every destination keeps, one case each. */
export function destinationCases(setup: DestinationSetup): Case[] {
  return [{ name: 'not yet', run: async () => void (await setup.destination()) }]
}
