import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'

// A time-stamping authority over HTTP around `openssl ts -reply`. Prints its port; ends with its process.
const [folder = ''] = process.argv.slice(2)

// openssl counts serial numbers in a file that it does not lock: one request after the other.
let last: Promise<unknown> = Promise.resolve()

const server = createServer((request, response) => {
  last = last.then(() => answer(request, response)).catch(() => response.writeHead(500).end())
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
  response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(await replyTo(query))
}

async function replyTo(query: Buffer): Promise<Buffer> {
  const place = await mkdtemp(join(folder, 'request-'))
  const [asked, given] = [join(place, 'query'), join(place, 'reply')]
  try {
    await writeFile(asked, query)
    const args = ['ts', '-reply', '-config', join(folder, 'openssl.cnf'), '-queryfile', asked, '-out', given]
    // A refusal is a reply too, though openssl then ends with an error.
    await promisify(execFile)('openssl', args).catch(() => {})
    return await readFile(given)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}
