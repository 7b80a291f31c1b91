import type { CommandDefinition } from '../command.ts'
import { setPaused } from './pause.ts'

/** `restitute resume`. */
export const resumeCommand: CommandDefinition = {
  name: 'resume',
  args: '',
  summary: 'let a paused export go on (one that has ended goes on with restitute export)',
  options: [],
  examples: ['restitute resume --dossier chu'],
  run: (session) => setPaused(session, false),
}
