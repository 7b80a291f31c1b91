import { matchesGlob } from '@restitute/core'

/** Whether a path matches a glob (`*` within a segment, `**` across); a plain folder matches what is below it. */
export function pathMatcher(glob: string): (path: string) => boolean {
  const below = `${glob.replace(/\/+$/, '')}/`
  return (path) => matchesGlob(path, glob) || path.startsWith(below)
}
