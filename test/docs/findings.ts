import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findingTable } from '../../packages/verify/src/index.ts'

/*
 * Writes the table of findings into docs/format.md, between its two markers. With `--check` it writes nothing and
 * exits with 1 when the table there is another one.
 */

const path = join(import.meta.dirname, '../../docs/format.md')
const [begin, end] = ['<!-- findings -->\n', '<!-- /findings -->']

/** The document with the table as it must be. */
export function withFindings(text: string): string {
  const [before = '', rest = ''] = text.split(begin)
  const rows = Object.entries(findingTable).map(
    ([code, { severity, meaning }]) => `| \`${code}\` | ${severity} | ${meaning} |\n`,
  )
  const table = `| code | weight | meaning |\n| --- | --- | --- |\n${rows.join('')}`
  return `${before}${begin}${table}${rest.slice(rest.indexOf(end))}`
}

if (import.meta.main) {
  const text = readFileSync(path, 'utf8')
  const wanted = withFindings(text)
  if (!process.argv.includes('--check')) writeFileSync(path, wanted)
  else if (wanted !== text) {
    console.error('docs/format.md: the table of findings is not up to date; run node test/docs/findings.ts')
    process.exitCode = 1
  }
}
