import type { Outcome } from '../../cli/src/session.ts'
import { asRestituteError } from '../../packages/core/src/index.ts'

/** What a command made of its input: its exit status, and the codes of the errors that it found or threw. */
export interface Reading {
  readonly exit: number
  readonly codes: readonly string[]
}

/** Runs a command to its end, whichever it is. */
export async function reading(run: Promise<Outcome>): Promise<Reading> {
  try {
    const { exit, json, items } = await run
    if (items) for await (const _ of items);
    const findings = (json['findings'] ?? []) as readonly { code: string; severity: string }[]
    return { exit, codes: [...new Set(findings.filter((f) => f.severity === 'error').map((f) => f.code))] }
  } catch (thrown) {
    const { exit, code } = asRestituteError(thrown)
    return { exit, codes: [code] }
  }
}
