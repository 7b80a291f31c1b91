import { readFileSync } from 'node:fs'

/** Prints `N passed, N failed` from vitest's JSON report; a skipped test counts as failed here. */
const path = process.argv[2]
if (path === undefined) throw new Error('usage: summary.ts <vitest report>')
const report = JSON.parse(readFileSync(path, 'utf8')) as {
  success: boolean
  numPassedTests: number
  numFailedTests: number
  numFailedTestSuites: number
  numPendingTests: number
  numTodoTests: number
}
const skipped = report.numPendingTests + report.numTodoTests
if (skipped > 0) console.log(`${skipped} skipped, counted as failed`)
const failed = Math.max(report.numFailedTests + skipped, report.success ? 0 : 1)
console.log(`${report.numPassedTests} passed, ${failed} failed`)
process.exitCode = failed === 0 && report.numPassedTests > 0 ? 0 : 1
