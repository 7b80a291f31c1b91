import { afterAll, beforeAll } from 'vitest'
import { type SqlServer, startMariadb } from '../../../test/services/mariadb.ts'

/** Has two empty servers run for the tests of a suite; `take` is told of them before the first test. */
export function withTwoServers(take: (source: SqlServer, target: SqlServer) => void): void {
  const servers: SqlServer[] = []
  beforeAll(async () => {
    const source = await startMariadb()
    servers.push(source)
    const target = await startMariadb()
    servers.push(target)
    take(source, target)
  })
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
}
