import { generateKey, type PrivateKey, readPrivateKey } from '@restitute/seal'

const names = ['host', 'operator', 'first', 'second', 'verifier', 'client', 'spare'] as const

/** Everyone with a key: `first` and `second` authorise, `client` and `spare` are the client's. */
export type People = Readonly<Record<(typeof names)[number], PrivateKey>>

/** The armored private keys, for another process. */
export type ArmoredPeople = Readonly<Record<keyof People, string>>

/** Makes everyone's key. */
export async function armoredPeople(): Promise<ArmoredPeople> {
  const at = new Date('2026-01-01T00:00:00Z')
  const made = names.map(async (name) => {
    const key = await generateKey({ name, email: `${name}@example.org`, at })
    return [name, key.privateKey] as const
  })
  return Object.fromEntries(await Promise.all(made)) as ArmoredPeople
}

/** Reads everyone's key. */
export async function readPeople(armored: ArmoredPeople): Promise<People> {
  const read = names.map(async (name) => [name, await readPrivateKey(Buffer.from(armored[name]))] as const)
  return Object.fromEntries(await Promise.all(read)) as People
}
