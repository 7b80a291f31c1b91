import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deadlineRules } from '../../packages/manifest/src/index.ts'
import { haveShared, sharedData } from '../support/shared-data.ts'

const seeds = join(sharedData, '../seeds')
const plain = (text: string): string =>
  text
    .replaceAll('’', "'")
    .replace(/\s+/g, ' ')
    .replace(/(?<=\p{L})- /gu, '-')

describe.skipIf(!haveShared('../seeds'))('a deadline rule that says it quotes', () => {
  const quoted = [...deadlineRules].filter(([, { wording }]) => wording === 'quoted')

  it('is there at all', () => {
    expect(quoted.map(([name]) => name).sort()).toEqual(['hds-2022-draft', 'oci-cp-art-9'])
  })

  it.each(quoted)(
    '%s gives the words of its source, nothing but what […] stands for left out',
    (_, { text }) => {
      const sources = readdirSync(seeds).map((name) => plain(readFileSync(join(seeds, name), 'utf8')))
      const fragments = plain(text)
        .split(' […] ')
        .map((fragment) => fragment.trim())
      const holding = sources.filter((source) => fragments.every((fragment) => source.includes(fragment)))
      expect(holding.length, fragments.join('\n')).toBe(1)
    },
  )
})
