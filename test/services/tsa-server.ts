import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { asn1Time } from './tsa.ts'
import { infoIn, signInfo } from './tsa-token.ts'

// A time-stamping authority over HTTP around `openssl ts -reply`. Prints its port; ends with its process.
const [folder = ''] = process.argv.slice(2)

const server = createServer((request, response) => {
  answer(request, response).catch((thrown: unknown) => {
    console.error(thrown)
    response.writeHead(500).end()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : address)
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/timestamp-query') {
    response.writeHead(400).end()
    return
  }
  const query = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(replyTo(query))
}

/** Synchronous, hence one after the other: openssl counts serial numbers in a file that it does not lock. */
function replyTo(query: Uint8Array): Uint8Array {
  const [asked, given] = [join(folder, 'query'), join(folder, 'reply')]
  writeFileSync(asked, query)
  const args = ['ts', '-reply', '-config', join(folder, 'openssl.cnf'), '-queryfile', asked, '-out', given]
  try {
    execFileSync('openssl', args, { stdio: 'ignore' })
  } catch {
    // A refusal is a reply too, though openssl then ends with an error.
  }
  return atItsTime(readFileSync(given))
}

/** The same reply with the time of the authority's own clock, where a test has set one. */
function atItsTime(reply: Buffer): Uint8Array {
  const clock = join(folder, 'clock')
  if (!existsSync(clock)) return reply
  const info = infoIn(folder, reply)
  // GeneralizedTime of 15 characters.
  const at = info.indexOf(Buffer.from('180f', 'hex')) + 2
  info.write(asn1Time(new Date(readFileSync(clock, 'utf8'))), at, 'latin1')
  return signInfo(folder, info)
}
