import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2'
import { startContainer } from './docker.ts'
import { account, type SqlServer } from './sql-server.ts'

const { password } = account

/** A MariaDB or MySQL in a container, whose image takes the password of root from this variable. */
export async function sqlContainer(image: string, variable: string): Promise<SqlServer> {
  const environment = { [variable]: password }
  const container = await startContainer({ image, port: 3306, environment, command: ['--local-infile=1'] })
  const server = { ...container, user: 'root', password }
  await untilAnswering(server)
  return server
}

/** The port is open before the server is ready: it starts twice. */
async function untilAnswering(server: SqlServer): Promise<void> {
  for (let attempt = 0; attempt < 120; attempt++) {
    const { host, port } = server
    const connection = createConnection({ host, port, user: server.user, password: server.password })
    try {
      await once(connection, 'connect')
      return connection.destroy()
    } catch {
      connection.destroy()
      await sleep(500)
    }
  }
  throw new Error('the server in the container did not answer within a minute')
}
