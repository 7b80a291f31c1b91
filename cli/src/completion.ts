import { RestituteError } from '@restitute/core'
import type { Command } from 'commander'

/** A completion script for a shell, made from the commands and options that the program declares. */
export function completionScript(program: Command, shell: string): string {
  if (shell === 'bash') return bash(program)
  if (shell === 'zsh')
    return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(program)}`
  if (shell === 'fish') return fish(program)
  throw new RestituteError('usage', `completion: expected bash, zsh or fish, got "${shell}"`)
}

/** With help, which every command has, and commander lists apart. */
function flagsOf(command: Command): string[] {
  return [...command.options.flatMap((option) => option.long ?? option.short ?? []), '--help']
}

function choices(command: Command): readonly (readonly [flag: string, values: readonly string[]])[] {
  return command.options.flatMap(({ long, argChoices }) =>
    long && argChoices ? [[long, argChoices] as const] : [],
  )
}

/**
 * The command is the first word that is none of an option or its value; options with choices offer them. Paths are left to the
 * shell (`-o default`), which knows how spaces and quotes are typed.
 */
function bash(program: Command): string {
  const names = program.commands.map((command) => command.name()).join(' ')
  const valued = program.options.filter(({ required }) => required).flatMap(({ long }) => long ?? [])
  const flags = program.commands.map(
    (command) =>
      `    ${command.name()}) words="${[...new Set([...flagsOf(command), ...flagsOf(program)])].join(' ')}" ;;`,
  )
  const values = new Map([program, ...program.commands].flatMap(choices))
  const paths = valued.filter((flag) => !values.has(flag))
  return `_restitute() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command= words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valued.join('|')}) i=$((i + 1)) ;;
      -*) ;;
      *) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$previous" in
${[...values].map(([flag, all]) => `    ${flag}) COMPREPLY=($(compgen -W "${all.join(' ')}" -- "$current")); return ;;`).join('\n')}
    ${paths.join('|')}) COMPREPLY=(); return ;;
  esac
  case "$command" in
    "") words="${names} ${flagsOf(program).join(' ')}" ;;
${flags.join('\n')}
  esac
  if [ -z "$command" ] || [ "\${current#-}" != "$current" ]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else COMPREPLY=(); fi
}
complete -o default -F _restitute restitute
`
}

function fish(program: Command): string {
  const all = program.commands.flatMap((command) => [
    `complete -c restitute -f -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.description())}`,
    ...optionsOf(command, `__fish_seen_subcommand_from ${command.name()}`),
  ])
  return `${[...optionsOf(program), ...all].join('\n')}\n`
}

function optionsOf(command: Command, when?: string): string[] {
  const condition = when === undefined ? '' : ` -n ${quoted(when)}`
  const help = {
    long: '--help',
    description: 'display help for command',
    required: false,
    argChoices: undefined,
  }
  return [...command.options, ...(when === undefined ? [help] : [])].flatMap(
    ({ long, description, required, argChoices }) => {
      if (!long) return []
      const value = argChoices ? ` -xa ${quoted(argChoices.join(' '))}` : required ? ' -r' : ''
      return [`complete -c restitute${condition} -l ${long.slice(2)}${value} -d ${quoted(description)}`]
    },
  )
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
