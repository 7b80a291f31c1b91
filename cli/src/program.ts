import { Command, Option } from 'commander'
import type { CommandDefinition, OptionDefinition, OptionValues } from './command.ts'

/** Options that every command knows (design §7). */
const globalOptions: readonly OptionDefinition[] = [
  { flags: '--dossier <dir>', description: "the dossier's folder", default: '.' },
  { flags: '--as <key file>', description: 'private key of the person who acts (default: $RESTITUTE_AS)' },
  { flags: '--passphrase-file <file>', description: 'file whose first line unlocks the key' },
  { flags: '--json', description: 'one JSON document on stdout' },
  {
    flags: '--lang <language>',
    description: "language of documents (default: the contract's)",
    choices: ['fr', 'en'],
  },
  { flags: '--quiet', description: 'no progress and no result lines' },
  { flags: '--verbose', description: 'causes of errors' },
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
    .showHelpAfterError('(restitute --help lists the commands and options)')
  for (const option of globalOptions) program.addOption(toOption(option))
  for (const definition of definitions) addCommand(program, definition, run)
  program.addHelpText('after', exitHelp)
  return program
}

const exitHelp = `
Exit status: 0 done, 1 failed, 2 usage or contract invalid, 3 found invalid, 4 could not check or reach,
5 finished but incomplete, 6 refused by a guard, 130 interrupted.`

function addCommand(program: Command, definition: CommandDefinition, run: RunCommand): void {
  const command = program
    .command(`${definition.name} ${definition.args}`.trim())
    .description(definition.summary)
    .exitOverride()
    .addHelpText('after', `\nExamples:\n${definition.examples.map((line) => `  $ ${line}`).join('\n')}`)
  for (const option of definition.options) command.addOption(toOption(option))
  command.action(async () => {
    await run(definition, command.args, command.optsWithGlobals())
  })
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
