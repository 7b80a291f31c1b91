export async function resolveSecret(_reference: string): Promise<string> {
  throw new Error('todo')
}
