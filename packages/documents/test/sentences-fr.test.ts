import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sentenceInFrench } from '../src/sentences-fr.ts'

const packages = join(import.meta.dirname, '../..')

/** The sentences of every list of limits in a source file. */
function limitsIn(file: string): string[] {
  const lists = readFileSync(join(packages, file), 'utf8').matchAll(/\blimits\b[^[\]=]*[:=] \[\n([^\]]*)\]/g)
  return [...lists].flatMap(([, list = '']) =>
    [...list.matchAll(/^\s+'([^'\n]+)',$/gm)].map(([, text = '']) => text),
  )
}

it('a certificate in French says in French what a destruction does not reach', () => {
  const files = globSync(['connector-*/src/**/*.ts', 'destruction/src/**/*.ts'], { cwd: packages })
  const limits = files.flatMap(limitsIn)
  expect(limits.length).toBeGreaterThan(30)
  expect(limits.filter((one) => sentenceInFrench(one) === undefined)).toEqual([])
})

it('a certificate in French says in French why a copy that was not seen may be there all the same', () => {
  const text = readFileSync(join(packages, 'destruction/src/probe.ts'), 'utf8')
  const [, table = ''] = /\nconst limits: [^\n]* = \{\n(.*?)\n\}/s.exec(text) ?? []
  const limits = [...table.matchAll(/^ {2}\w+: '([^'\n]+)',$/gm)].map(([, limit = '']) => limit)
  expect(limits.length).toBe(table.split('\n').length)
  expect(limits.length).toBeGreaterThan(8)
  expect(limits.filter((one) => sentenceInFrench(one) === undefined)).toEqual([])
})

it.each([
  // As the MySQL connector writes them, each with the figures of its server.
  ['Seen when it began: sessions of others in it: 12; replicas connected to its server: 0.', /12 .* : 0\.$/],
  ['Seen when it began: sessions and replicas: not visible without PROCESS.', /pas visibles/],
])('a certificate in French says in French: %s', (english, french) => {
  expect(sentenceInFrench(english)).toMatch(french)
})
