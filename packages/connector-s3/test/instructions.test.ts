import { expect, it } from 'vitest'
import { instructions } from '../src/instructions.ts'

it('what tells how a bucket is put back tells it in French, too, of the same folders and lists', () => {
  const [french = '', english = ''] = instructions.split('# Restoring these objects')
  expect(french).toMatch(/^# Remettre ces objets/)
  const named = /data\/\w+\/|objects-\*\.jsonl|NEW-BUCKET/g
  expect(new Set(french.match(named))).toEqual(new Set(english.match(named)))
})
