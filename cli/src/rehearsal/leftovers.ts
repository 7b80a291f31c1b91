import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Destination, type Destroyer, type SourceSpec, systemCode } from '@restitute/core'
import { folderDestroyer } from '@restitute/destruction'
import { packagesOf, placeFile, rebuiltIn, throwawayPackage } from '@restitute/rehearsal'
import type { Session } from '../session.ts'
import { destroyRebuilt } from './left-rebuilt.ts'

/** What a rehearsal that was killed left behind: names such as `REH3`. Nobody can open its packages any more. */
async function leftoversIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^REH\d+$/.test(name))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Where its packages went; undefined where it was killed, or its disk was full, before it said so: then it made none. */
async function placeOf(folder: string): Promise<string | undefined> {
  const said = await readFile(join(folder, placeFile), 'utf8').catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    return ''
  })
  return said === '' ? undefined : said
}

/** Destroys it; only while the dossier is locked, so that it is nobody's running rehearsal. */
export async function removeLeftovers(
  session: Session,
  folder: string,
  packageFolder: (name: string, place: string | undefined) => Promise<Destination>,
  targetAt: (source: string, url: string) => SourceSpec,
): Promise<void> {
  for (const name of await leftoversIn(folder)) {
    session.note(`removing what the interrupted rehearsal ${name} left behind`)
    for (const rebuilt of await rebuiltIn(join(folder, name))) {
      await destroyRebuilt(session, join(folder, name), rebuilt, targetAt(rebuilt.source, rebuilt.url))
    }
    const place = await placeOf(join(folder, name))
    for (const made of packagesOf(name)) {
      const { destroyer } = await throwawayPackage(await packageFolder(made, place))
      await destroy(destroyer, session.signal)
    }
    await destroy(await folderDestroyer(join(folder, name)), session.signal)
  }
}

async function destroy(destroyer: Destroyer, signal: AbortSignal): Promise<void> {
  await using _disposed = destroyer
  for await (const _step of destroyer.destroy(signal));
}
