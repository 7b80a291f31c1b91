#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { keepCompiledModules } from './compile-cache.ts'

// Imports are resolved before anything runs: only what is imported afterwards comes from the cache.
keepCompiledModules()
await import('./program-run.ts')
