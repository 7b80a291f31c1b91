import { matchesGlob } from 'node:path'

/** Whether a path matches a glob (`*` within a segment, `**` across); a plain folder matches what is below it. */
export function matcherOf(glob: string): (path: string) => boolean {
  return (path) => matchesGlob(path, glob) || path.startsWith(`${glob.replace(/\/+$/, '')}/`)
}
