import type { Image } from '../image/image.ts'
import { openFileReader } from './file-reader.ts'
import { openNbdReader } from './nbd-reader.ts'
import type { Reader } from './reader.ts'

/** What is to be read. */
export interface Content {
  readonly image: Image
  /** Id of an internal snapshot. */
  readonly snapshot?: string
}

/** Opens a content for reading: a raw one directly, any other through QEMU. */
export async function openContent({ image, snapshot }: Content, signal: AbortSignal): Promise<Reader> {
  const direct = image.format === 'raw' && !image.path.startsWith('/dev/')
  return direct ? openFileReader(image.path, image.window) : openNbdReader(image, snapshot, signal)
}
