import { readFile } from 'node:fs/promises'
import { exportPackage } from '../../packages/run/src/index.ts'
import { readPrivateKey } from '../../packages/seal/src/index.ts'
import { exportOptions, publicKeyOf } from './export.ts'

// An export in a process of its own, to be killed: `<folder> <file with the operator's private and the client's public key>`.
const [folder = '', keyFile = ''] = process.argv.slice(2)
const { operator, client } = JSON.parse(await readFile(keyFile, 'utf8')) as Record<string, string>
const keys = {
  operator: await readPrivateKey(Buffer.from(operator ?? '')),
  client: { publicKey: await publicKeyOf(client ?? '') },
}
const abort = new AbortController()
process.on('SIGTERM', () => abort.abort())
const sources = [
  { name: 'docs', url: `files:${folder}/tree` },
  { name: 'more', url: `files:${folder}/more` },
]
await exportPackage(exportOptions(folder, keys, sources, { signal: abort.signal }))
