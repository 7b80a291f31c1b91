import { steerExport } from '@restitute/run'
import { openCase } from '../case.ts'
import type { CommandDefinition } from '../command.ts'
import { runningJson, runningLines } from '../running.ts'
import type { Outcome, Session } from '../session.ts'

/** Pauses the running export, or lets it go on; returns once it has obeyed. */
export async function setPaused(session: Session, paused: boolean): Promise<Outcome> {
  const { paths } = await openCase(session)
  const state = await steerExport(paths.work, ({ limits }) => ({ paused, limits }), session.signal)
  const now = session.clock.now()
  return { exit: 0, json: { running: runningJson(state, now) }, lines: runningLines(state, now) }
}

/** `restitute pause`. */
export const pauseCommand: CommandDefinition = {
  name: 'pause',
  args: '',
  summary: 'stop a running export from reading its sources, their views held, until it may go on',
  options: [],
  examples: ['restitute pause --dossier chu'],
  run: (session) => setPaused(session, true),
}
