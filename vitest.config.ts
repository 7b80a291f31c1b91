import { defineConfig } from 'vitest/config'

// The time limits only end what hangs: nothing is asserted about speed here.
export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'cli/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
