import { connectorCases } from '@restitute/conformance'
import { describe, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { diskConnector } from '../src/index.ts'
import { machinePlace, mutations, populate } from './support/places.ts'

describe.skipIf(!havePrograms('qemu-img', 'qemu-nbd', 'qemu-io'))(
  'the disk connector keeps the promises of a connector',
  () => {
    const cases = connectorCases({
      connector: diskConnector,
      source: () => machinePlace(populate),
      target: () => machinePlace(),
      unreachable: { name: 'gone', url: 'disk:/nonexistent/folder/guest.qcow2' },
      mutations,
    })
    it.each(cases)('$name', ({ run }) => run())
  },
)
