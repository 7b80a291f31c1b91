import { RestituteError } from '@restitute/core'
import type { Outcome, Session } from '../session.ts'

const shownLines = 12

/** Shows the demonstration step by step and remembers what was proved. */
export interface Stage {
  /** Begins a numbered step. */
  readonly step: (title: string) => void
  /** A line of detail under the step. */
  readonly say: (line: string) => void
  /** Runs a command, shows the line a user would type, and fails unless it ends as expected. */
  readonly run: (line: string, command: Promise<Outcome>, expected?: number) => Promise<Outcome>
  /** Something that was shown to be so. */
  readonly proved: (line: string) => void
  readonly results: () => readonly string[]
}

/** A {@link Stage} that writes to a session's notes, every path as it is typed in the folder `root`. */
export function openStage(session: Session, root: string): Stage {
  let steps = 0
  const results: string[] = []
  const typed = (line: string): string => line.replaceAll(`:${root}/`, ':$PWD/').replaceAll(`${root}/`, '')
  return {
    step: (title) => session.note(`\n${++steps}. ${title}`),
    say: (line) => session.note(`   ${typed(line)}`),
    proved: (line) => void results.push(line),
    results: () => results,
    run: async (line, command, expected = 0) => {
      session.note(`   $ restitute ${typed(line)}`)
      const outcome = await command
      for (const shown of outcome.lines.slice(0, shownLines)) session.note(`     ${typed(shown)}`)
      if (outcome.exit === expected) return outcome
      throw new RestituteError(
        'internal',
        `demonstration: restitute ${line}: expected exit ${expected}, got ${outcome.exit}`,
        {
          details: { lines: outcome.lines },
        },
      )
    },
  }
}
