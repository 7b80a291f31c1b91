import type { Destination } from '@restitute/core'
import { all } from '../check.ts'
import type { Case, DestinationSetup } from '../types.ts'

/** Each check as a case with a destination of its own. */
export function withDestination(
  setup: DestinationSetup,
  checks: Readonly<Record<string, (destination: Destination) => Promise<void>>>,
): Case[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => {
      await using place = await setup.destination()
      await check(place.destination)
    },
  }))
}

/** Every file with its size, in the order of the destination. */
export async function listed(destination: Destination): Promise<{ name: string; bytes: number }[]> {
  return (await all(destination.list())).map(({ name, bytes }) => ({ name, bytes }))
}

/** Writes a file whole. */
export async function writeFile(
  destination: Destination,
  name: string,
  content: string | Uint8Array,
): Promise<void> {
  await using file = await destination.create(name)
  await file.write(Buffer.from(content))
  await file.commit()
}
