import type { LoadedContract } from './loaded.ts'

export async function readContract(_dir: string): Promise<LoadedContract> {
  throw new Error('todo')
}
