import { RestituteError } from '@restitute/core'

const first = /^DELIMITER (\S+)\n/

/**
 * A script that the `mariadb` and `mysql` clients read, and {@link statementsOf} takes apart again: each statement
 * ends with a line that holds nothing but the delimiter, which occurs nowhere else.
 */
export function scriptOf(statements: readonly string[]): string {
  const delimiter = freeDelimiter(statements)
  return `DELIMITER ${delimiter}\n${statements.map((sql) => `${sql}\n${delimiter}\n`).join('')}DELIMITER ;\n`
}

/** The statements of such a script; throws `hostile-input` for any other text. */
export function statementsOf(script: string, name: string): string[] {
  const delimiter = first.exec(script)?.[1]
  const end = `\n${delimiter}\n`
  if (delimiter === undefined) throw hostile(name)
  const pieces = script.slice(`DELIMITER ${delimiter}\n`.length).split(end)
  if (pieces.pop() !== 'DELIMITER ;\n') throw hostile(name)
  return pieces
}

function freeDelimiter(statements: readonly string[]): string {
  for (let i = 0; ; i++) {
    const delimiter = `;;${i === 0 ? '' : i}`
    if (!statements.some((sql) => sql.includes(delimiter))) return delimiter
  }
}

function hostile(name: string): RestituteError {
  return new RestituteError('hostile-input', `load ${name}: expected a script of ours, got another text`)
}
