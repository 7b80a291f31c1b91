import { destinationCases } from '@restitute/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

  it('tells an empty place from one whose folder is not there', async () => {
    const parentOf = (path: string) =>
      sftpDestination({ url: server.url(path), secret: server.key }).parentIsThere()
    expect(await parentOf('R1-0001')).toBe(true)
    expect(await parentOf('not mounted/R1-0001')).toBe(false)
  })
})
