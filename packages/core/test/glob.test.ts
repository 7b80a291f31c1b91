import { describe, expect, it } from 'vitest'
import { matchesGlob } from '../src/index.ts'

describe('a glob', () => {
  it.each([
    ['data/**', 'data/a/b.txt'],
    ['data/**', 'data/.hidden'],
    ['data/**', 'data/.folder/file'],
    ['data/*', 'data/.hidden'],
    ['**/*.dcm', 'data/.trash/scan.dcm'],
    ['**', './'],
    ['data/.*', 'data/.hidden'],
    ['data/{.a,b}', 'data/.a'],
    ['data/?.txt', 'data/é.txt'],
    ['data/scan[1].dcm', 'data/scan[1].dcm'],
    ['data/{a,b}', 'data/{a,b}'],
  ])('%s matches %s', (glob, text) => expect(matchesGlob(text, glob)).toBe(true))

  it.each([
    ['data/*', 'data/a/b'],
    ['data/.*', 'data/visible'],
    ['data/a.txt', 'data/a_txt'],
    ['data/**', 'database/a'],
    ['data/x', 'data/X'],
  ])('%s does not match %s', (glob, text) => expect(matchesGlob(text, glob)).toBe(false))
})
