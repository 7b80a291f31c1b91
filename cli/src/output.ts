import type { RestituteError } from '@restitute/core'
import type { Outcome } from './session.ts'

/** Where a command's results go. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Prints a result on stdout: one JSON document with `--json`, lines otherwise. */
export function printOutcome(outcome: Outcome, options: OutputOptions): void {
  if (options.json) writeJson({ exit: outcome.exit, ...outcome.json })
  else if (!options.quiet && outcome.lines.length > 0) process.stdout.write(`${outcome.lines.join('\n')}\n`)
}

/** Prints a failure: on stderr for people, as the one JSON document on stdout with `--json`. */
export function printError(error: RestituteError, options: OutputOptions): void {
  if (options.json) {
    const { code, message, hint, details } = error
    writeJson({
      exit: error.exit,
      error: { code, message, ...(hint === undefined ? {} : { hint }), ...details },
    })
  } else {
    process.stderr.write(`restitute: ${error.message}\n`)
    if (error.hint !== undefined) process.stderr.write(`  hint: ${error.hint}\n`)
  }
  if (options.verbose) process.stderr.write(`${explain(error)}\n`)
}

/** The chain of causes, for `--verbose`. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\ncaused by: ${explain(error.cause)}`
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}
