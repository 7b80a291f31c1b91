import { keepCompiledModules } from './compile-cache.ts'

// Runs in a worker thread.
keepCompiledModules()
await import('./worker-parts.ts')
