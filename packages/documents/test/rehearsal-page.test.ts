import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rehearsal } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { rehearsalHtml } from '../src/index.ts'
import { edition } from './fixtures.ts'

const path = join(import.meta.dirname, '../../../manifests/v1/examples/rehearsal.json')
const bytes = readFileSync(path)
const report = JSON.parse(bytes.toString('utf8')) as Rehearsal

function raise(): never {
  throw new Error('the example has no source')
}

it.each([
  ['fr', 'non reconstruit\u00a0: <span lang="en">no room on the disk</span>', ')\u00a0: <span lang="en">cut'],
  ['en', 'not rebuilt: <span lang="en">no room on the disk</span>', '): <span lang="en">cut'],
] as const)(
  'what a report says in English is marked as such, behind the colon of the page (%s)',
  (language, why, failed) => {
    const [{ restored, ...first } = raise()] = report.sources
    expect(restored).toBeDefined()
    const sources = [{ ...first, notRestored: 'no room on the disk' }]
    const failures = [{ step: 'verify', code: 'invalid', message: 'cut' }] as const
    const page = rehearsalHtml({ ...report, sources, failures }, [], bytes, [], edition(language))
    expect(page).toContain(why)
    expect(page).toContain(failed)
    expect(page).not.toMatch(/undefined|\[object|NaN|Invalid Date/)
  },
)
