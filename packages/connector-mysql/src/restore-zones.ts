import { nativeFolders } from './defined-object.ts'
import { failed } from './errors.ts'
import type { Session } from './session.ts'
import { quoteText } from './text.ts'

const zone = /\btime_zone='([^']*)'/

/**
 * Finds out whether the server knows the time zones that events run in, before anything is loaded: a server as it is installed
 * knows none by its name, and events are made last. Throws `restore-failed`.
 */
export async function expectZones(
  session: Session,
  texts: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const events = [...texts].filter(([path]) => path.includes(`/${nativeFolders.event}/`))
  for (const name of new Set(events.map(([, text]) => zone.exec(text)?.[1] ?? 'SYSTEM'))) {
    try {
      await session.run(`SET time_zone=${quoteText(name)}`, signal)
    } catch (error) {
      throw failed('restore-failed', `an event runs in the time zone ${name}`, error)
    }
  }
}
