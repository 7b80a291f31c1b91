import { expect, it } from 'vitest'
import { s3LocationOf } from '../src/location.ts'

it('names may have any character, as a URL writes them', () => {
  const { prefix } = s3LocationOf('s3://vault/chez client/100%25%20/%23a?endpoint=https://s3.example.org')
  expect(prefix).toBe('chez client/100% /#a/')
})

it.each([
  // Its endpoint would be lost, and the bucket taken for one of Amazon's.
  ['s3://vault/lot#1?endpoint=https://s3.example.org', /%23/],
  ['s3://vault/100%/lot?endpoint=https://s3.example.org', /%25/],
])('%s is a mistake in the URL, not another place', (url, message) => {
  const refusal = { code: 'usage', message: expect.stringMatching(message) }
  expect(() => s3LocationOf(url)).toThrow(expect.objectContaining(refusal))
})
