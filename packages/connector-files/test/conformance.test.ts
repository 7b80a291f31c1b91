import { connectorCases } from '@restitute/conformance'
import { describe, it } from 'vitest'
import { filesConnector } from '../src/index.ts'
import { mutations, populate, treePlace } from './support/places.ts'

const cases = connectorCases({
  connector: filesConnector,
  source: () => treePlace(populate),
  target: () => treePlace(),
  unreachable: { name: 'gone', url: 'files:/nonexistent/folder/tree' },
  mutations,
})

describe('the files connector keeps the promises of a connector', () => {
  it.each(cases)('$name', ({ run }) => run())
})
