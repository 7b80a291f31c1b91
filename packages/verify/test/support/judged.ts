import type { PublicKey } from '@restitute/seal'
import { type CertificateFacts, verifyCertificate } from '../../src/index.ts'
import { type Case, type Changes, knownKeys, type People, playCase } from './case.ts'
import { streamed } from './package.ts'

/** Who may sign. */
export function signers(
  people: People,
  ...who: (keyof People)[]
): { readonly signers: readonly PublicKey[] } {
  return { signers: who.map((name) => people[name].publicKey) }
}

/** Everything that a certificate rests on, but the scope. */
export function factsOf(people: People, played: Case) {
  return {
    order: { ...played.order, trust: signers(people, 'first', 'second') },
    receipt: { ...played.receipt, trust: signers(people, 'client') },
    ledger: { lines: streamed(played.lines), keys: knownKeys(people) },
    manifests: played.manifests,
  } satisfies CertificateFacts
}

/** What is found in the certificate of a case, as code and subject, and what is not checked of it. */
export async function judged(
  people: People,
  played: Case,
  facts: CertificateFacts = factsOf(people, played),
): Promise<{ readonly found: string[]; readonly notChecked: readonly string[] }> {
  const trust = signers(people, 'verifier')
  const { findings, notChecked } = await verifyCertificate({ ...played.certificate, trust, facts })
  return { found: findings.map(({ code, subject }) => `${code} ${subject}`), notChecked }
}

/** What is found in a certificate, with everything that it rests on, when the case is played otherwise. */
export async function foundWhen(people: People, changes: Changes): Promise<string[]> {
  return (await judged(people, await playCase(people, changes))).found
}
