import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * Keeps compiled modules in `$XDG_CACHE_HOME/restitute`, so that the program starts with less than half the work; in a
 * folder of the user's own, since what lies there is run. Without such a folder, the program only starts more slowly.
 * Worker threads find it by their environment, before they read their first module.
 */
export function keepCompiledModules(): void {
  const named = process.env['XDG_CACHE_HOME'] ?? ''
  const caches = isAbsolute(named) ? named : join(homedir(), '.cache')
  const { directory } = enableCompileCache(join(caches, 'restitute'))
  if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= join(caches, 'restitute')
}
