import { randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKey, readPrivateKey } from '@restitute/seal'
import { directoryDestination, readVolume, volumeName, writeVolume } from '../src/index.ts'

// A child process of memory.test.ts: writes and reads a volume of argv[2] bytes of zeros and argv[3] random ones.
const sizes = { zeros: Number(process.argv[2]), random: Number(process.argv[3]) }
const chunkBytes = 256 * 1024
const folder = mkdtempSync(join(tmpdir(), 'restitute-large-'))
let turns = 0
const timer = setInterval(() => turns++, 50)
try {
  const { privateKey } = await generateKey({ name: 'Client', email: 'client@example.org', at: new Date() })
  const key = await readPrivateKey(Buffer.from(privateKey))
  const destination = directoryDestination(folder)
  const started = performance.now()
  const { record } = await writeVolume({
    destination,
    name: volumeName(1),
    source: 'records',
    shard: '000001',
    entries: (async function* () {
      for (const [name, size] of Object.entries(sizes)) {
        const content = () => chunks(name, size)
        yield { path: `data/${name}`, type: 'file', size, mode: 0o644, modified: 0n, content }
      }
    })(),
    recipients: [key.publicKey],
    onEntry: () => {},
    onLoss: () => {},
    signal: new AbortController().signal,
    readBack: 'hash',
  })
  const written = performance.now()
  let read = 0
  for await (const entry of readVolume({ destination, record, opener: { privateKeys: [key] } })) {
    for await (const piece of entry.content()) read += piece.length
  }
  const seconds = { write: (written - started) / 1000, read: (performance.now() - written) / 1000 }
  console.log(JSON.stringify({ read, turns, seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }))
} finally {
  clearInterval(timer)
  rmSync(folder, { recursive: true, force: true })
}

async function* chunks(name: string, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < size; at += chunkBytes) {
    const chunk = Buffer.alloc(chunkBytes)
    yield name === 'random' ? randomFillSync(chunk) : chunk
  }
}
