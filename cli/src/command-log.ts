import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { appendLogEntry, type LogEntry } from '@restitute/dossier'
import type { Session } from './session.ts'

/** How a command ended. */
interface Ending extends Pick<LogEntry, 'command' | 'exit' | 'error' | 'person'> {
  readonly began: Date
}

/**
 * Adds what was run to the technical log of the dossier (SEC-JOU): only where there is one, with a ledger. A log that cannot be
 * written (an auditor's read-only copy) is said, and ends no command.
 */
async function logCommand(
  { dossierDir, clock, note }: Pick<Session, 'dossierDir' | 'clock' | 'note'>,
  { began, command, exit, error, person }: Ending,
): Promise<void> {
  if (!existsSync(join(dossierDir, 'ledger.jsonl')) || !existsSync(join(dossierDir, 'contract.yaml'))) return
  const now = clock.now()
  const account = process.getuid?.()
  const entry: LogEntry = {
    at: isoTime(now),
    command,
    seconds: Math.max(0, Math.round((now.getTime() - began.getTime()) / 1000)),
    exit,
    ...(error === undefined ? {} : { error }),
    ...(person === undefined ? {} : { person }),
    ...(account === undefined ? {} : { account }),
  }
  await appendLogEntry(join(dossierDir, 'log'), entry).catch(() => {
    note('log: the technical log of this dossier cannot be written')
  })
}

/** A run of a command that is logged once, when it ends. */
export interface FollowedRun {
  /** The same session, of which it is remembered who acted in it. */
  readonly session: Session
  readonly ended: (how: Pick<LogEntry, 'exit' | 'error'>) => Promise<void>
}

/** Follows a command from here on. */
export function followed(session: Session, command: string): FollowedRun {
  const began = session.clock.now()
  let person: string | undefined
  let isLogged = false
  const actor: Session['actor'] = async () => {
    const key = await session.actor()
    person = key.fingerprint
    return key
  }
  const ended: FollowedRun['ended'] = async (how) => {
    if (isLogged) return
    isLogged = true
    await logCommand(session, { began, command, ...how, ...(person === undefined ? {} : { person }) })
  }
  return { session: { ...session, actor }, ended }
}
