import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { RestituteError } from '@restitute/core'
import type { S3Location } from './location.ts'

/** Connections to one service: as many as requests may be in flight. */
export const mostConnections = 64

/** Connections that are kept between requests. */
export interface Agents {
  readonly httpAgent: Agent
  readonly httpsAgent: SecureAgent
}

/**
 * Connections to a service, trusted by its own authorities where the location names some; through proxies as everywhere in
 * Node, only when it is told to honour the environment. Throws `usage` when the authorities cannot be read.
 */
export function agentsFor({ authorities }: S3Location): Agents {
  const proxies = process.env['NODE_USE_ENV_PROXY'] === '1' ? { proxyEnv: process.env } : {}
  const options = { keepAlive: true, maxSockets: mostConnections, ...proxies }
  const ca = authorities === undefined ? {} : { ca: readAuthorities(authorities) }
  return { httpAgent: new Agent(options), httpsAgent: new SecureAgent({ ...options, ...ca }) }
}

function readAuthorities(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new RestituteError('usage', `s3 URL: expected certificates (PEM) in ${path}, cannot read it`, {
      cause,
    })
  }
}
