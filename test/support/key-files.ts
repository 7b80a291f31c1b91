import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKey, readPrivateKey } from '../../packages/seal/src/index.ts'
import type { Keys } from './export.ts'

/** Fresh keys that also lie in a folder: `operator.key`, `operator.asc`, `client.key`, `client.asc`. */
export async function newKeyFiles(folder: string): Promise<Keys> {
  const made = async (name: string) => {
    const key = await generateKey({ name, email: `${name}@example.org`, at: new Date() })
    await writeFile(join(folder, `${name}.key`), key.privateKey)
    await writeFile(join(folder, `${name}.asc`), key.publicKey)
    return readPrivateKey(Buffer.from(key.privateKey))
  }
  return { operator: await made('operator'), client: await made('client') }
}
