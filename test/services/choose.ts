import { available } from '../support/programs.ts'
import { hasContainerEngine } from './docker.ts'

/** Ways to a service, tried in this order; each answers undefined where it leads nowhere. */
export interface Ways<T> {
  /** One that runs already, named by an environment variable. */
  readonly address?: () => T | undefined
  /** In a container; tried only where an engine answers. */
  readonly container?: () => Promise<T>
  /** A program of this machine. */
  readonly program?: () => Promise<T | undefined>
}

/**
 * The service by the first way that leads to it. Where none does: says so in one line and gives undefined, or fails
 * under RESTITUTE_REQUIRE_SERVICES=1.
 */
export async function choose<T>(name: string, ways: Ways<T>): Promise<T | undefined> {
  const found =
    ways.address?.() ??
    (ways.container && (await hasContainerEngine()) ? await ways.container() : undefined) ??
    (await ways.program?.())
  available(found !== undefined, `no ${name}: no address, no container engine, no program`)
  return found
}
