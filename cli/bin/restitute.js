#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
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
await import('@restitute/cli/program')
