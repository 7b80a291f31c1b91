import { matchesGlob as matches } from 'node:path/posix'

/** Stands for every dot, in globs and in what they match: a name that begins with one is a name like any other. */
const dot = '\u{E000}'

/**
 * Whether a path or an id matches a glob: `*` within a segment, `**` across. What is hidden elsewhere matches, too, for who asks
 * for all of a folder wants all of it; and each text matches itself, whatever brackets it has.
 */
export function matchesGlob(text: string, glob: string): boolean {
  return text === glob || matches(text.replaceAll('.', dot), glob.replaceAll('.', dot))
}
