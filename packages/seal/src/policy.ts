import type { PublicKey } from './keys.ts'

export async function keyProblems(_key: PublicKey, _use: 'encrypt' | 'sign', _at: Date): Promise<string[]> {
  throw new Error('todo')
}
