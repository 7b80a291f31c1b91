import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb } from '../../../test/services/mariadb.ts'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { connected } from '../src/connecting.ts'
import { locationOf } from '../src/location.ts'
import { type NamedServer, serverNamed } from './server-named.ts'
import { specOf } from './support.ts'

const present = available(
  hasMariadb() && havePrograms('openssl') && process.platform === 'linux',
  'mariadbd, openssl or Linux not found',
)
const established = '01'
const keepAlive = '02'

/** In how many seconds the system asks the other end of each connection to this port whether it is there, as far as it will. */
function askedIn(port: number): (number | undefined)[] {
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return rows.flatMap((row) => {
    const [, , to = '', state, , timer = ''] = row.trim().split(/\s+/)
    if (!to.endsWith(remote) || state !== established) return []
    const [kind, ticks = ''] = timer.split(':')
    return kind === keepAlive ? Number.parseInt(ticks, 16) / 100 : undefined
  })
}

describe.runIf(present)('a connection on which nothing is said for hours', () => {
  let server: NamedServer
  beforeAll(async () => {
    server = await serverNamed('localhost')
  })
  afterAll(async () => server?.[Symbol.asyncDispose]())

  it.each(['in clear', 'over TLS'])('%s is asked for, so that no firewall forgets it', async (how) => {
    const { url, ...spec } = specOf(server, 'records')
    const options = how === 'over TLS' ? `?tls=required&ca=${server.cert}` : ''
    const location = locationOf({ ...spec, url: url + options })
    const connection = await connected(location, 'records', new AbortController().signal)
    try {
      const [seconds, ...others] = askedIn(server.port)
      expect(seconds).toBeLessThanOrEqual(10)
      expect(others).toEqual([])
    } finally {
      connection.destroy()
    }
  })
})
