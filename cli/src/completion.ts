import { RestituteError } from '@restitute/core'
import { type Command, Option } from 'commander'

/** A completion script for a shell, made from the commands and options that the program declares. */
export function completionScript(program: Command, shell: string): string {
  if (shell === 'bash') return bash(program)
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`
  if (shell === 'fish') return fish(program)
  throw new RestituteError('usage', `completion: expected bash, zsh or fish, got "${shell}"`)
}

function flagsOf(command: Command): string[] {
  return command.options
    .map((option: Option) => option.long ?? option.short ?? '')
    .filter((flag) => flag !== '')
}

function bash(program: Command): string {
  const cases = program.commands
    .map(
      (command) =>
        `    ${command.name()}) words="${[...flagsOf(command), ...flagsOf(program)].join(' ')}" ;;`,
    )
    .join('\n')
  const names = program.commands.map((command) => command.name()).join(' ')
  return `_restitute() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${names} ${flagsOf(program).join(' ')}"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names}"; fi
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi ;;
  esac
}
complete -o filenames -F _restitute restitute
`
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => [
    `complete -c restitute -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", '’')}'`,
    ...flagsOf(command).map(
      (flag) =>
        `complete -c restitute -n '__fish_seen_subcommand_from ${command.name()}' -l ${flag.replace(/^-+/, '')}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}
