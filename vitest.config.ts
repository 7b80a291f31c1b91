import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// What the tests start, threads above all, loads the same modules thousands of times.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

// The time limits only end what hangs: nothing is asserted about speed here. Most files wait for a server or a disk
// part of the time, so that one on each processor leaves none idle; vitest would leave one to itself.
export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'cli/test/**/*.test.ts', 'test/**/*.test.ts'],
    maxWorkers: availableParallelism(),
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
