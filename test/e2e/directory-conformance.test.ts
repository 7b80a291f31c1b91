import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { directoryDestination } from '../../packages/archive/src/index.ts'
import { destinationCases } from '../../packages/conformance/src/index.ts'

describe('a directory keeps every promise of a destination', () => {
  const destination = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'restitute-directory-'))
    return {
      destination: directoryDestination(join(folder, 'R1-0001')),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  }
  it.each(destinationCases({ destination }))('$name', ({ run }) => run())
})
