import type { Case } from './case.ts'

/** Arguments of `restitute deliver` to a place in France. */
export function deliverArguments(c: Case, to: string, secret: string): string[] {
  const who = ['--dossier', c.dossier, '--as', c.keyFile('operator')]
  return ['deliver', ...who, '--to', to, '--country', 'FR', '--secret', secret, '--json']
}
