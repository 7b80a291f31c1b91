import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Session } from '../session.ts'
import type { Cast } from './cast.ts'
import type { DemoClock } from './clock.ts'
import type { Hospital } from './hospital.ts'
import type { Stage } from './stage.ts'

/** What the scenes of the demonstration share. */
export interface Play {
  readonly session: Session
  readonly stage: Stage
  readonly clock: DemoClock
  readonly cast: Cast
  readonly hospital: Hospital
  /** `host/` and `client/` of the demonstration's folder, and the dossier. */
  readonly places: { readonly dossier: string; readonly client: string; readonly slips: string }
}

/** The packages of the demonstration's delivery. */
export const packages = ['R1-0001', 'R1-0002'] as const

/** The folders of the demonstration. */
export async function makePlaces(
  root: string,
): Promise<Play['places'] & { readonly vault: string; readonly keys: string }> {
  const places = {
    dossier: join(root, 'host', 'dossier'),
    vault: join(root, 'host', 'vault'),
    client: join(root, 'client'),
    slips: join(root, 'exchanged'),
    keys: join(root, 'keys'),
  }
  for (const place of Object.values(places)) await mkdir(place, { recursive: true })
  return places
}
