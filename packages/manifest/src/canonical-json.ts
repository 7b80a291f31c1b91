export function canonicalJson(_value: unknown): string {
  throw new Error('todo')
}
