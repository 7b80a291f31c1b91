import { randomBytes } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, rmSync } from 'node:fs'
import { joinPath } from '../names.ts'

/** Names that some file systems take for each other: by case, and by how a letter with an accent is written. */
const alike: readonly (readonly [string, string])[] = [
  ['case', 'CASE'],
  ['\u00e9', 'e\u0301'],
]

/** Whether the file system of a folder takes different names for one. Leaves nothing there. */
export function takesNamesForOne(folder: Buffer): boolean {
  const unique = randomBytes(8).toString('hex')
  return alike.some(([one, other]) => {
    const [path, alias] = [one, other].map((end) => joinPath(folder, Buffer.from(`.${unique}-${end}`)))
    return path !== undefined && alias !== undefined && leadToOne(path, alias)
  })
}

function leadToOne(path: Buffer, alias: Buffer): boolean {
  closeSync(openSync(path, 'wx', 0o600))
  try {
    return lstatSync(alias, { throwIfNoEntry: false }) !== undefined
  } finally {
    rmSync(path)
  }
}

/** Whether a name stands in its folder exactly as it is written. */
export function isListed(path: Buffer): boolean {
  const slash = path.lastIndexOf('/')
  const name = path.subarray(slash + 1)
  return readdirSync(path.subarray(0, slash), { encoding: 'buffer' }).some((one) => name.equals(one))
}
