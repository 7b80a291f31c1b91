import type { Json } from '@restitute/core'
import { explainDeadlines, type LoadedContract, openDossier } from '@restitute/dossier'

/** The deadlines of a contract for `--json`: what binds, what collides and why. */
export function deadlinesJson(terms: LoadedContract): Json {
  const { bounds, collisions, notes, room } = explainDeadlines(terms)
  return {
    bounds: bounds.map((bound) => ({ ...bound })),
    collisions: collisions.map(({ sentence, days, floor, ceiling }) => ({
      sentence,
      days,
      floor: { ...floor },
      ceiling: { ...ceiling },
    })),
    notes,
    room,
  }
}

/** Whether both parties have signed just these terms; a draft, or an amendment that nobody signed, is not in force. */
export async function isInForce(dir: string, { sha256 }: LoadedContract): Promise<boolean> {
  try {
    const { pinned, terms } = await openDossier(dir)
    return pinned && terms.sha256 === sha256
  } catch {
    return false
  }
}
