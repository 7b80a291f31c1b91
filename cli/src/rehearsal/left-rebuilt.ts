import { basename } from 'node:path'
import { asRestituteError, RestituteError, type SourceSpec } from '@restitute/core'
import { assertPlaceThere, type RebuiltPlace } from '@restitute/rehearsal'
import type { Session } from '../session.ts'

/** Kinds whose fingerprint nothing has that was made anew in the same place: others are known by their names alone. */
const lasting: ReadonlySet<string> = new Set(['files', 'sqlite', 'postgres'])

/**
 * Destroys what an interrupted rehearsal had rebuilt at a target, when it is still the very same. What is not known to be that may be
 * somebody's: it is left alone, and said. Where nobody can look, nothing is forgotten: the error is thrown, with what `folder` holds kept.
 */
export async function destroyRebuilt(
  session: Session,
  folder: string,
  place: RebuiltPlace,
  target: SourceSpec,
): Promise<void> {
  const { source, url } = place
  const left = `what the interrupted rehearsal ${basename(folder)} rebuilt of ${source} at ${url}`
  const why = await leftAlone(session, place, target).catch((thrown: unknown) => {
    throw notSeen(left, folder, asRestituteError(thrown))
  })
  if (why === undefined) return session.note(`${left} is gone`)
  session.note(`${left} may be there still, patients' data in clear (${why}): look there, and destroy it`)
}

function notSeen(left: string, folder: string, { code, message, cause }: RestituteError): RestituteError {
  return new RestituteError(code, `${left}: ${message}`, {
    cause,
    hint: `it may be patients' data in clear: make it reachable; once you know that it is gone, remove ${folder}`,
  })
}

const besideIt = 'it was not whole: it may lie beside that place until something is restored there again'

/** Why it could not be destroyed; undefined once it is gone. */
async function leftAlone(
  { connectorOf, signal }: Session,
  place: RebuiltPlace,
  target: SourceSpec,
): Promise<string | undefined> {
  const { url, fingerprint } = place
  const connector = await connectorOf(url)
  await using prober = await connector.prober(target, signal)
  const before = await prober.look(signal)
  if (before.state === 'absent') {
    await assertPlaceThere(place, connectorOf)
    return fingerprint === undefined ? besideIt : undefined
  }
  if (before.state !== 'present') throw new RestituteError('source-unreachable', 'it could not be looked at')
  if (fingerprint === undefined) return 'it was not whole'
  if (!lasting.has(connector.kind)) return 'it cannot be told from what was made there since'
  await using destroyer = await connector.destroyer(target, signal)
  if (destroyer.fingerprint !== fingerprint) return 'something else is there'
  for await (const _step of destroyer.destroy(signal));
  const { state } = await prober.look(signal)
  await assertPlaceThere(place, connectorOf)
  return state === 'absent' ? undefined : `still ${state}`
}
