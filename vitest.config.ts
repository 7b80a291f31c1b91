import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'cli', { test: { name: 'test', include: ['test/**/*.test.ts'] } }],
  },
})
