import { availableParallelism } from 'node:os'
import { throwIfInterrupted } from '@restitute/core'
import { Session } from './session.ts'

// A server that serves others is not to be filled with one export.
const most = 4
const sessions = Math.min(availableParallelism(), most)

/**
 * While this is held commits wait, a few milliseconds: what begins meanwhile reads one moment. Nobody waits for it longer than
 * a second; should this machine be gone, the server ends the session, and the stage with it, after ten.
 */
const blockingCommits = 'BACKUP STAGE BLOCK_COMMIT'
const beforehand = ['SET lock_wait_timeout=1, wait_timeout=10', 'BACKUP STAGE START']

/**
 * Begins the transaction of a session, and those of others in the same moment, as many as this machine has processors, four
 * at most: where the server has backup stages (MariaDB 10.4) and lets the account use them (`RELOAD`). Elsewhere, and where
 * one is busy or no more may connect, there are no others. Whoever calls disposes of them.
 */
export async function beginTogether(session: Session, signal: AbortSignal): Promise<readonly Session[]> {
  try {
    if (session.mariadb && sessions > 1) return await begunUnderLock(session, signal)
  } catch {
    // One session reads the same: what stands in its way, too, is said by it.
    throwIfInterrupted(signal)
  }
  await session.begin(signal)
  return []
}

async function begunUnderLock(session: Session, signal: AbortSignal): Promise<readonly Session[]> {
  await using opened = new AsyncDisposableStack()
  await using lock = await Session.open(session.location, signal)
  for (const sql of beforehand) await lock.run(sql, signal)
  const others: Session[] = []
  while (others.length < sessions - 1) others.push(opened.use(await beside(session, signal)))
  await lock.run(blockingCommits, signal)
  await Promise.all([session, ...others].map((one) => one.begin(signal)))
  await lock.run('BACKUP STAGE END', signal)
  opened.move()
  return others
}

function beside({ location }: Session, signal: AbortSignal): Promise<Session> {
  return Session.open(location, signal, location.database)
}
