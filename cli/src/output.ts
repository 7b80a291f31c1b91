import { RestituteError, systemCode } from '@restitute/core'
import { hintOf } from './hints.ts'
import { printItems, printItemsJson } from './print-items.ts'
import type { Outcome } from './session.ts'
import { visibleText } from './visible.ts'

/** Where a command's results go. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Prints a result on stdout, one JSON document with `--json`, lines otherwise; gives the exit status. */
export async function printOutcome(outcome: Outcome, options: OutputOptions): Promise<number> {
  const { exit, json, lines, items } = outcome
  if (options.json) {
    if (items) return printItemsJson(items, { exit, ...json }, (error) => failureOf(error))
    writeJson({ exit, ...json })
  } else if (!options.quiet) {
    if (items) await printItems(items, lines)
    else if (lines.length > 0) process.stdout.write(visibleText(`${lines.join('\n')}\n`))
  }
  return exit
}

/** Prints a failure: on stderr for people, as the one JSON document on stdout with `--json`. */
export function printError(error: RestituteError, options: OutputOptions): void {
  if (options.json) {
    writeJson(failureOf(error))
  } else {
    process.stderr.write(visibleText(errorLines(error).join('\n')))
  }
  if (options.verbose) process.stderr.write(visibleText(`${explain(error)}\n`))
}

function failureOf(error: RestituteError): { readonly exit: number; readonly error: object } {
  const { code, message, details, exit } = error
  const hint = hintOf(error)
  return { exit, error: { code, message, ...(hint === undefined ? {} : { hint }), ...details } }
}

/** Several problems found at once come one to a line. */
function errorLines(error: RestituteError): string[] {
  const { message, details } = error
  const hint = hintOf(error)
  const problems = Array.isArray(details['problems']) ? details['problems'].map(String) : []
  const [head] = problems.length > 1 ? message.split(`: ${problems[0]}`, 1) : [message]
  return [
    `restitute: ${head}`,
    ...(problems.length > 1 ? problems.map((problem) => `  ${problem}`) : []),
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
    '',
  ]
}

/**
 * Goes on when whoever read the output has gone (`| head`, a closed terminal) or its disk is full: what was begun must still
 * end in order. Only of results that were to be kept the loss is said, with exit status 1 at least: half a list is no list.
 */
export function outliveReaders(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): void {
  stderr.on('error', () => {})
  let lost: unknown
  stdout.on('error', (error: unknown) => {
    const code = systemCode(error)
    if (code !== 'EPIPE' && !(code === 'EIO' && stdout.isTTY)) lost ??= error
  })
  process.on('exit', () => {
    if (lost === undefined) return
    const error = resultsLost(lost)
    stderr.write(visibleText(errorLines(error).join('\n')))
    process.exitCode ||= error.exit
  })
}

function resultsLost(cause: unknown): RestituteError {
  const why = systemCode(cause) ?? 'unknown reason'
  return new RestituteError('destination-failed', `the results could not be written to stdout: ${why}`, {
    cause,
    hint: 'what the command had to do is done or said above: only its output is not whole',
  })
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
