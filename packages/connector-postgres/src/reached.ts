import { setTimeout as sleep } from 'node:timers/promises'
import { type Exporter, type Json, RestituteError, type SourceSpec } from '@restitute/core'
import { type Location, locationOf, placeOf } from './location.ts'
import { Session } from './session.ts'
import { momentOf, positionOf, type Stand, standOf } from './view.ts'

const patience = 30

/**
 * Opens a view in which is what was on the destroyer's server when that stood at `upTo`: on that very server, or on a standby that has
 * replayed so much, for which it waits half a minute. Throws `source-unreachable` on any other: what it lacks nobody has compared.
 */
export async function openUpTo(
  open: (source: SourceSpec, signal: AbortSignal) => Promise<Exporter>,
  source: SourceSpec,
  upTo: Json | undefined,
  signal: AbortSignal,
): Promise<Exporter> {
  if (upTo === undefined) return open(source, signal)
  const wanted = upTo as unknown as Stand
  const location = locationOf(source)
  await awaitReplay(location, wanted, signal)
  const exporter = await open(source, signal)
  if (hasReached(standOf(exporter.view), wanted)) return exporter
  await exporter[Symbol.asyncDispose]()
  throw behind(location, standOf(exporter.view), wanted)
}

async function awaitReplay(location: Location, wanted: Stand, signal: AbortSignal): Promise<void> {
  await using session = await Session.open(location, signal)
  for (let second = 0; second < patience; second++) {
    const now = await momentOf(session, signal)
    if (!now.standby || now.paused || hasReached(now, wanted)) return
    await sleep(1000, undefined, { signal }).catch(() => {})
  }
}

function hasReached(now: Stand, { started, lsn }: Stand): boolean {
  return now.started === started || (now.standby && positionOf(now.lsn) >= positionOf(lsn))
}

function behind(location: Location, { standby, lsn }: Stand, wanted: Stand): RestituteError {
  const got = standby ? `a standby at LSN ${lsn}` : 'another server'
  return new RestituteError(
    'source-unreachable',
    `compare ${placeOf(location)}: expected the server on which it is destroyed, or a standby of it at LSN ${wanted.lsn}, got ${got}`,
    {
      hint: 'let the standby catch up (SELECT pg_wal_replay_resume() where its replay is paused): what came since the export is on the other one alone',
    },
  )
}
