import { expect, it } from 'vitest'
import { locationOf } from '../src/location.ts'

it('names may have any character, as a URL writes them', () => {
  expect(locationOf('sftp://in@host.example/srv/chez client/100%25').folder).toBe('/srv/chez client/100%')
})

it.each([
  ['sftp://in@host.example/srv/lot#1', /%23/],
  ['sftp://in@host.example/srv/100%/lot', /%25/],
  ['sftp://i%n@host.example/srv', /%25/],
  ['sftp://in@host.example/srv?fingerprint=SHA256%zz', /%25/],
])('%s is a mistake in the URL', (url, message) => {
  const refusal = { code: 'usage', message: expect.stringMatching(message) }
  expect(() => locationOf(url)).toThrow(expect.objectContaining(refusal))
})
