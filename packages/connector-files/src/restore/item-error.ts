import { type ErrorOptions, RestituteError, systemCode } from '@restitute/core'

const sameName =
  'this file system takes two names of the tree for one, as those that pass over upper and lower case do: restore to one that tells them apart, or use restitute extract, which gives them other names'

const noLinks =
  'this file system has no symbolic links: restore to one that has, or use restitute extract, which leaves them out'

const noSuchName =
  'this file system may not take such a name: restore to another one, or use restitute extract, which gives it another name'

/** What can be done about an error of the system: by the call that failed, else by the error alone. */
const hints: Readonly<Record<string, string>> = {
  EEXIST: sameName,
  'EPERM symlink': noLinks,
  'ENOTSUP symlink': noLinks,
  'ENOSYS symlink': noLinks,
  ENAMETOOLONG:
    'this file system takes no name, or no target of a link, of that length: restore to another one, or use restitute extract, which shortens names and leaves links out',
  EINVAL: noSuchName,
  EILSEQ: noSuchName,
}

/** Two names of a tree that are one on the file system of the target, as `restore-failed`. */
export function sameNameError(id: string): RestituteError {
  return new RestituteError('restore-failed', `item ${id}: another one is there under its name`, {
    hint: sameName,
  })
}

/** Of these the item is not the cause. */
const general: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])

/** Does what concerns one item: errors of the system become `restore-failed` and say which it was. */
export async function ofItem<T>(id: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    const code = systemCode(cause) ?? String(cause)
    if (general.has(code)) throw cause
    throw new RestituteError('restore-failed', `item ${id}: ${code}`, { cause, ...hintFor(code, cause) })
  }
}

function hintFor(code: string, error: unknown): Pick<ErrorOptions, 'hint'> {
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  const hint = hints[`${code} ${call}`] ?? hints[code]
  return hint === undefined ? {} : { hint }
}
