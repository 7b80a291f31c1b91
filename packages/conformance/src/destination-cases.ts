import { readCases } from './destination/read-cases.ts'
import { writeCases } from './destination/write-cases.ts'
import type { Case, DestinationSetup } from './types.ts'

/** The promises that every destination keeps, one case each: `it.each(destinationCases(setup))('$name', ({ run }) => run())`. */
export function destinationCases(setup: DestinationSetup): Case[] {
  return [...writeCases(setup), ...readCases(setup)]
}
