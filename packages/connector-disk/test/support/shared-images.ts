import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sharedData } from '../../../../test/support/shared-data.ts'
import { run } from './places.ts'

/** Unpacks an image of the shared data. */
export async function unpack(name: string, folder: string): Promise<string> {
  const packed =
    (await readdir(join(sharedData, 'vm-images'))).find((file) => file.startsWith(`${name}.`)) ?? ''
  const program = packed.endsWith('.bz2') ? 'bzip2' : 'zstd'
  run('sh', '-c', `${program} -dc '${join(sharedData, 'vm-images', packed)}' > '${join(folder, name)}'`)
  return join(folder, name)
}
