import { RestituteError } from '@restitute/core'
import { Command, type CommanderError, Option } from 'commander'
import type { CommandDefinition, OptionDefinition, OptionValues } from './command.ts'

/** Options that every command knows (design §7). */
const globalOptions: readonly OptionDefinition[] = [
  { flags: '--dossier <dir>', description: "the dossier's folder", default: '.' },
  { flags: '--as <key file>', description: 'private key of the person who acts (default: $RESTITUTE_AS)' },
  { flags: '--passphrase-file <file>', description: 'file whose first line unlocks the key' },
  { flags: '--json', description: 'the result, or the error, as one JSON document on stdout' },
  {
    flags: '--lang <language>',
    description:
      "language of a new contract's comments, a package's open.sh and a document's page; messages stay English",
    choices: ['fr', 'en'],
  },
  { flags: '--quiet', description: 'no progress and no result lines' },
  { flags: '--verbose', description: 'the causes of an error' },
]

/** Runs one command with its arguments and all option values, global ones included. */
export type RunCommand = (
  definition: CommandDefinition,
  args: readonly string[],
  options: OptionValues,
) => Promise<void>

/** The `restitute` program: every command with its help, none of it run. */
export function buildProgram(
  definitions: readonly CommandDefinition[],
  version: string,
  run: RunCommand,
): Command {
  const program = new Command('restitute')
    .description(
      'carries a health-data hosting contract to its end: export, receipt, destruction, certificate',
    )
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
  for (const option of globalOptions) program.addOption(toOption(option))
  for (const definition of definitions) addCommand(program, definition, run)
  program.addHelpText('after', exitHelp)
  return program
}

const exitHelp = `
Exit status: 0 done, 1 failed, 2 usage or contract invalid, 3 found invalid, 4 could not check or reach,
5 finished but incomplete, 6 refused by a guard, 130 interrupted.`

/**
 * What commander refused, as an error of the program's own, so that it is printed like any other; nothing for help
 * and version, which commander has printed.
 */
export function usageError(error: CommanderError): RestituteError | undefined {
  if (error.exitCode === 0) return undefined
  const message = error.code === 'commander.help' ? 'no command was given' : error.message
  return new RestituteError('usage', message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' '), {
    hint: 'restitute --help lists the commands; restitute <command> --help shows its options and examples',
  })
}

function addCommand(program: Command, definition: CommandDefinition, run: RunCommand): void {
  const command = program
    .command(`${definition.name} ${definition.args}`.trim())
    .description(definition.summary)
    .exitOverride()
    .addHelpText('after', helpAfter(definition))
  for (const option of definition.options) command.addOption(toOption(option))
  command.action(async () => {
    await run(definition, command.args, command.optsWithGlobals())
  })
}

function helpAfter({ examples, notes = [] }: CommandDefinition): string {
  const remarks = notes.length === 0 ? [] : ['', ...notes]
  return ['', 'Examples:', ...examples.map((line) => `  $ ${line}`), ...remarks].join('\n')
}

function toOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.description)
  if (definition.choices) option.choices(definition.choices)
  if (definition.default !== undefined) option.default(definition.default)
  if (definition.required) option.makeOptionMandatory()
  if (definition.repeatable)
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  return option
}
