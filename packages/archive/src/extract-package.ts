import type { Opener } from '@restitute/seal'
import type { Package } from './open-package.ts'
export async function extractPackage(_o: {
  package: Package
  opener: Opener
  to: string
  sources?: readonly string[]
  path?: (path: string) => boolean
  signal: AbortSignal
  onProgress?: (plaintextBytes: number) => void
}): Promise<{ files: number; bytes: number }> {
  throw new Error('todo')
}
