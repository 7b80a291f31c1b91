import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'

const folder = new URL('../../../manifests/v1/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.schema.json'))

function read(name: string): object {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object
}

test.each(names)('%s is a schema of draft 2020-12, in strict mode', (name) => {
  const ajv = new Ajv2020({ strict: true })
  if (name !== 'common.schema.json') ajv.addSchema(read('common.schema.json'))
  expect(ajv.compile(read(name))).toBeTypeOf('function')
})

test('a schema that is none would be noticed', () => {
  expect(() => new Ajv2020({ strict: true }).compile({ type: 'number', minimum: 'none' })).toThrow(
    'schema is invalid',
  )
})
