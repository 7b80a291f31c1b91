import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import type { DiskUrl } from '../url.ts'

/** Where files that an image or a description names may lie. */
export interface Places {
  /** Real paths of folders: the machine's own first, then those declared for shared backing files. */
  readonly folders: readonly string[]
}

/** The real paths of a machine's folder and of the declared ones; throws `source-unreachable`. */
export async function placesOf(
  folder: string,
  { folders, backing }: Pick<DiskUrl, 'folders' | 'backing'>,
): Promise<Places> {
  return { folders: await Promise.all([folder, ...folders, ...backing].map(realFolder)) }
}

/** The real path of a folder; throws `source-unreachable`. */
export async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `folder ${folder}: ${systemCode(cause) ?? 'failed'}`, {
      cause,
    })
  })
}

/**
 * The real path of a file that `from` names. `hostile-input` for anything but a plain path to a file inside the
 * places: a guest or whoever made the image must not be able to have other files of the host delivered.
 */
export async function referred(name: string, from: string, places: Places): Promise<string> {
  // QEMU would take these for protocols: json:{…}, nbd:…, http://…
  if (name === '' || name.includes('\0') || /^[^/]*:/.test(name)) throw refused(name, from)
  const path = isAbsolute(name) ? name : join(dirname(from), name)
  const real = await realpath(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT' && isInside(path, places)) throw missing(path, from, cause)
    throw refused(name, from)
  })
  if (!isInside(real, places)) throw refused(name, from)
  return real
}

function isInside(path: string, { folders }: Places): boolean {
  return folders.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))
}

function refused(name: string, from: string): RestituteError {
  return new RestituteError(
    'hostile-input',
    `image ${from}: it refers to ${JSON.stringify(name.slice(0, 200))}, outside the folders that are declared`,
    {
      hint: 'if it is a shared backing file, declare its folder in the URL: ?backing=/srv/templates, or ?folder=/srv/images for a file of the machine’s own',
    },
  )
}

function missing(path: string, from: string, cause: unknown): RestituteError {
  return new RestituteError('source-unreachable', `image ${from}: it refers to ${path}, which is not there`, {
    cause,
  })
}
