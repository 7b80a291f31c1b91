import { destinationCases } from '@restitute/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { sftpDestination } from '../src/index.ts'
import { type PlainServer, startPlainServer } from './plain-server.ts'

describe('destination-sftp on a server without extensions keeps every promise', () => {
  let server: PlainServer
  beforeAll(async () => void (server = await startPlainServer()))
  afterAll(() => server[Symbol.asyncDispose]())
  let made = 0
  const destination = async () => {
    const url = server.url(`case-${++made}/R1-0001`)
    return {
      destination: sftpDestination({ url, secret: server.password }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  it.each(destinationCases({ destination }))('$name', ({ run }) => run())
})
