import { join } from 'node:path'
import { asRestituteError } from '@restitute/core'
import type { Contract, Fingerprint } from '@restitute/manifest'
import { type PublicKey, readPublicKey } from '@restitute/seal'
import { readBounded } from '../files.ts'
import type { ContractKeys, KeyedPerson } from './loaded.ts'
import type { ContractProblem } from './problems.ts'

/** Gives the bytes of a key file by the path in the contract; throws when there is none. */
export type KeySource = (path: string) => Promise<Uint8Array>

/** Largest key file, in bytes: keys with photographs are still below it. */
export const maxKeyBytes: number = 1024 * 1024

/** Key files as they lie in a dossier. */
export function keysIn(dir: string): KeySource {
  return async (path) => readBounded(join(dir, path), maxKeyBytes)
}

/** The keys of a contract; `keys` only when all could be read. */
export interface KeyReading {
  readonly keys?: ContractKeys
  readonly keyFiles: ReadonlyMap<string, Uint8Array>
  readonly problems: readonly ContractProblem[]
}

/** Reads every key that the contract names. */
export async function readKeys(contract: Contract, source: KeySource): Promise<KeyReading> {
  const keyFiles = new Map<string, Uint8Array>()
  const problems: ContractProblem[] = []
  const read = async (path: string, pointer: string, named: Fingerprint | undefined): Promise<Named> => {
    const key = await readKey(source, path, pointer, keyFiles, problems)
    return { pointer, key, named }
  }
  const { host, client } = contract.parties
  const hostKey = await read(host.key, '/parties/host/key', host.fingerprint)
  const clients: Named[] = []
  for (const [i, path] of client.keys.entries())
    clients.push(await read(path, `/parties/client/keys/${i}`, client.fingerprints?.[i]))
  const persons: Named[] = []
  for (const [i, { key, fingerprint }] of contract.persons.entries())
    persons.push(await read(key, `/persons/${i}/key`, fingerprint))
  problems.push(...keysShared(contract, hostKey, clients, persons))
  problems.push(...[hostKey, ...clients, ...persons].flatMap(otherKey))
  const keys = problems.length > 0 ? undefined : assembled(contract, hostKey, clients, persons)
  return { keyFiles, problems, ...(keys === undefined ? {} : { keys }) }
}

interface Named {
  readonly pointer: string
  readonly key: PublicKey | undefined
  /** The fingerprint that the contract gives. */
  readonly named: Fingerprint | undefined
}

/** The parties sign fingerprints, not files: a file that holds another key is another person's. */
function otherKey({ pointer, key, named }: Named): ContractProblem[] {
  if (key === undefined || named === undefined || key.fingerprint === named) return []
  return [{ pointer, message: `the file holds another key: expected ${named}, got ${key.fingerprint}` }]
}

async function readKey(
  source: KeySource,
  path: string,
  pointer: string,
  keyFiles: Map<string, Uint8Array>,
  problems: ContractProblem[],
): Promise<PublicKey | undefined> {
  try {
    const bytes = keyFiles.get(path) ?? (await source(path))
    keyFiles.set(path, bytes)
    return await readPublicKey(bytes)
  } catch (thrown) {
    problems.push({ pointer, message: asRestituteError(thrown).message })
    return undefined
  }
}

/** One key must stand for one person, and for one party: otherwise two signatures could be one hand's. */
function keysShared(
  contract: Contract,
  host: Named,
  clients: readonly Named[],
  persons: readonly Named[],
): ContractProblem[] {
  const hostSide = [host, ...persons.filter((_, i) => contract.persons[i]?.party === 'host')]
  return [
    ...repeated(persons).map(({ pointer }) => ({ pointer, message: 'another person has the same key' })),
    ...repeated(clients).map(({ pointer }) => ({ pointer, message: 'this client key is given twice' })),
    ...hostSide
      .filter((mine) => clients.some((theirs) => sameKey(mine, theirs)))
      .map(({ pointer }) => ({ pointer, message: 'a key of the client cannot be a key of the host' })),
  ]
}

function repeated(named: readonly Named[]): Named[] {
  return named.filter((one, i) => named.slice(0, i).some((before) => sameKey(one, before)))
}

function sameKey(a: Named, b: Named): boolean {
  return a.key !== undefined && a.key.fingerprint === b.key?.fingerprint
}

function assembled(
  contract: Contract,
  host: Named,
  clients: readonly Named[],
  named: readonly Named[],
): ContractKeys | undefined {
  if (host.key === undefined) return undefined
  const persons = new Map<Fingerprint, KeyedPerson>()
  for (const [i, person] of contract.persons.entries()) {
    const key = named[i]?.key
    if (key !== undefined) persons.set(key.fingerprint, { person, key })
  }
  return { host: host.key, clients: clients.flatMap(({ key }) => key ?? []), persons }
}
