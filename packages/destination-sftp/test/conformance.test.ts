import { destinationCases } from '@restitute/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { haveSftp, type SftpServer, startSftp } from '../../../test/services/sftp.ts'
import { sftpDestination } from '../src/index.ts'

describe.runIf(haveSftp())('destination-sftp on OpenSSH keeps every promise', () => {
  let server: SftpServer
  beforeAll(async () => void (server = await startSftp()))
  afterAll(() => server[Symbol.asyncDispose]())
  let made = 0
  const destination = async () => {
    const url = server.url(`case-${++made}/R1-0001`)
    return {
      destination: sftpDestination({ url, secret: server.key }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  it.each(destinationCases({ destination }))('$name', ({ run }) => run())
})
