import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 20

/** Looks again and again until there is something; the test's own time limit ends what never comes. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    await sleep(pollMs)
  }
}
