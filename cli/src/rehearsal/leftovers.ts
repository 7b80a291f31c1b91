import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Destination } from '@restitute/core'
import { asRestituteError, systemCode } from '@restitute/core'
import { folderDestroyer } from '@restitute/destruction'
import type { Session } from '../session.ts'

/** What a rehearsal that was killed left behind: names such as `REH3`. Nobody can open its packages any more. */
export async function leftoversIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^REH\d+$/.test(name))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Destroys it; only while the dossier is locked, so that it is nobody's running rehearsal. */
export async function removeLeftovers(
  session: Session,
  folder: string,
  packageFolder: (name: string) => Promise<Destination>,
): Promise<void> {
  for (const name of await leftoversIn(folder)) {
    session.note(`removing what the interrupted rehearsal ${name} left behind`)
    for (const made of [`${name}-0001`, `${name}R-0001`]) await empty(await packageFolder(made))
    await using destroyer = await folderDestroyer(join(folder, name))
    for await (const _step of destroyer.destroy(session.signal));
  }
}

async function empty(destination: Destination): Promise<void> {
  try {
    const names: string[] = []
    for await (const { name } of destination.list({ unfinished: true })) names.push(name)
    for (const name of names) await destination.remove(name)
    await destination.sweep()
  } catch (error) {
    if (asRestituteError(error).code !== 'not-found') throw error
  }
}
