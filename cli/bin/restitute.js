#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import module from 'node:module'
import { availableParallelism, homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/*
 * Plain JavaScript, and no module of ours before it: an older Node can say what is wrong, and what Node strips types with
 * takes longer to load than all that the cache holds, and is needed only for what it does not hold.
 */
const { engines } = module.createRequire(import.meta.url)('../package.json')
refuseOlder(engines.node.replace('>=', ''), process.versions.node)
keepCompiledModules()
// Reading, writing and compressing of every worker are done in threads of one pool: Node's four would hold them up.
process.env.UV_THREADPOOL_SIZE ??= String(4 * availableParallelism())
await import('@restitute/cli/program')

function refuseOlder(expected, got) {
  const [major, minor] = expected.split('.').map(Number)
  const [ownMajor, ownMinor] = got.split('.').map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return
  console.error(`restitute: expected Node.js ${expected} or newer, got ${got}`)
  console.error(
    '  hint: in a clone, npx -y pnpm@12 restitute runs it with the Node.js that was installed with it',
  )
  process.exit(1)
}

/**
 * Keeps compiled modules in `$XDG_CACHE_HOME/restitute`, so that the program starts with less than half the work; in a
 * folder of the user's own, since what lies there is run. Without such a folder, the program only starts more slowly.
 * Worker threads find it by their environment, before they read their first module.
 */
function keepCompiledModules() {
  const named = process.env.XDG_CACHE_HOME ?? ''
  const cache = join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'restitute')
  if (module.enableCompileCache(cache).directory !== undefined) process.env.NODE_COMPILE_CACHE ??= cache
}
