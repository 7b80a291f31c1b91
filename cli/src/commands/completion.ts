import type { CommandDefinition } from '../command.ts'
import { completionScript } from '../completion.ts'
import { buildProgram } from '../program.ts'

/** `restitute completion`, for the commands given. */
export function completionCommand(
  definitions: () => Promise<readonly CommandDefinition[]>,
): CommandDefinition {
  return {
    name: 'completion',
    args: '<shell>',
    summary: 'a completion script for bash, zsh or fish',
    options: [],
    examples: ['source <(restitute completion bash)', 'restitute completion fish | source'],
    run: async (_session, [shell = '']) => {
      const script = completionScript(
        buildProgram(await definitions(), '', async () => {}),
        shell,
      )
      return { exit: 0, json: { script }, lines: [script] }
    },
  }
}
