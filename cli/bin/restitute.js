#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'
import { availableParallelism, homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/*
 * Keeps compiled modules in `$XDG_CACHE_HOME/restitute`, so that the program starts with less than half the work; in a
 * folder of the user's own, since what lies there is run. Without such a folder, the program only starts more slowly.
 * Worker threads find it by their environment, before they read their first module.
 *
 * Plain JavaScript, and no module of ours before it: what Node strips types with takes longer to load than all that the
 * cache holds, and is needed only for what it does not hold.
 */
const named = process.env.XDG_CACHE_HOME ?? ''
const cache = join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'restitute')
if (enableCompileCache(cache).directory !== undefined) process.env.NODE_COMPILE_CACHE ??= cache

// Reading, writing and compressing of every worker are done in threads of one pool: Node's four would hold them up.
process.env.UV_THREADPOOL_SIZE ??= String(4 * availableParallelism())
await import('@restitute/cli/program')
