import { asRestituteError, RestituteError, systemClock } from '@restitute/core'
import { CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { type CommandDefinition, flag, given, type OptionValues, text } from './command.ts'
import { followed } from './command-log.ts'
import { definitionsFor } from './commands.ts'
import { connectorOf } from './connectors.ts'
import { destinationOf } from './destinations.ts'
import { loadPrivateKey } from './keys.ts'
import { type OutputOptions, outliveReaders, printError, printOutcome } from './output.ts'
import { passphraseFrom } from './passphrase.ts'
import { buildProgram, usageError } from './program.ts'
import { progressDisplay } from './progress-line.ts'
import type { Session } from './session.ts'
import { siblingModule } from './sibling-module.ts'
import { stopOnSignals } from './signals.ts'

const output = {
  json: process.argv.includes('--json'),
  quiet: false,
  verbose: process.argv.includes('--verbose'),
}
const stop = stopOnSignals()
outliveReaders(process.stdout, process.stderr)

const definitions = await definitionsFor(process.argv[2])
const program = buildProgram(definitions, packageJson.version, runCommand)
try {
  await program.parseAsync(process.argv)
} catch (thrown) {
  process.exitCode = fail(thrown, output)
}

async function runCommand(
  definition: CommandDefinition,
  args: readonly string[],
  options: OptionValues,
): Promise<void> {
  const quiet = flag(options, 'quiet')
  const display = progressDisplay(process.stderr, quiet)
  const session = sessionFor(options, display.progress, quiet)
  const run = followed(session, definition.name)
  try {
    const outcome = await definition.run(run.session, args, options)
    display.end()
    await run.ended({ exit: outcome.exit })
    process.exitCode = await printOutcome(outcome, {
      json: flag(options, 'json'),
      quiet,
      verbose: flag(options, 'verbose'),
    })
  } catch (thrown) {
    const { exit, code } = asRestituteError(thrown)
    await run.ended({ exit, error: code })
    throw thrown
  } finally {
    display.end()
  }
}

function sessionFor(options: OptionValues, progress: Session['progress'], quiet: boolean): Session {
  const passphrase = passphraseFrom(text(options, 'passphraseFile'))
  const privateKey = (path: string) => loadPrivateKey(path, passphrase)
  let actor: ReturnType<typeof privateKey> | undefined
  return {
    dossierDir: text(options, 'dossier') ?? '.',
    language: text(options, 'lang') as 'fr' | 'en' | undefined,
    clock: systemClock,
    ...stop,
    progress,
    note: (line) => void (quiet || process.stderr.write(`${line}\n`)),
    connectorOf,
    destinationOf,
    ...given(options, 'secret'),
    workerUrl: siblingModule(import.meta.url, 'worker'),
    actor: () => (actor ??= privateKey(actorPath(options))),
    privateKey,
  }
}

function actorPath(options: OptionValues): string {
  const path = text(options, 'as') ?? process.env['RESTITUTE_AS']
  if (path !== undefined) return path
  throw new RestituteError('key-missing', 'this command acts in the name of a person, and nobody was named', {
    hint: 'give --as <key file> or set RESTITUTE_AS',
  })
}

/** Prints what was thrown and returns its exit status; help and version are no failures. */
function fail(thrown: unknown, options: OutputOptions): number {
  const error = thrown instanceof CommanderError ? usageError(thrown) : asRestituteError(thrown)
  if (error === undefined) return 0
  printError(error, options)
  return error.exit
}
