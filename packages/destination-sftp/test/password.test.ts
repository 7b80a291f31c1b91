import { describe, expect, it } from 'vitest'
import { haveSftpPasswords, startSftp } from '../../../test/services/sftp.ts'
import { sftpDestination } from '../src/index.ts'

const password = 'pa$s wörd: "1"'

describe.runIf(haveSftpPasswords())('an account with a password', () => {
  it.each(['password', 'keyboard-interactive'] as const)(
    'is reached where the server asks by %s',
    async (by) => {
      await using server = await startSftp({ password, by })
      const url = server.url('delivered')
      const destination = sftpDestination({ url, secret: password })
      await using pending = await destination.create('manifest.json')
      await pending.write(Buffer.from('content'))
      await pending.commit()
      const read = await Array.fromAsync(destination.read('manifest.json'))
      expect(Buffer.concat(read).toString()).toBe('content')

      const refused = sftpDestination({ url, secret: 'another' }).freeBytes()
      await expect(refused).rejects.toMatchObject({ code: 'access-refused' })
      await expect(refused).rejects.not.toThrow(/another/)
    },
  )
})
