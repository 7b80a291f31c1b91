import { readFile } from 'node:fs/promises'
import { openPackage } from '@restitute/archive'
import { counted, type Destination, type Json, shellWord } from '@restitute/core'
import {
  type BundleFile,
  bundleFiles,
  type Dossier,
  operationsOf,
  stateOf,
  writeBundle,
} from '@restitute/dossier'
import { sha256Hex } from '@restitute/manifest'
import { openCase } from '../case.ts'
import { type CommandDefinition, given, text } from '../command.ts'
import { storedPackages } from '../host-packages.ts'
import { openPlace } from '../places.ts'
import type { Outcome, Session } from '../session.ts'

/** Everything that an auditor needs, in one file: contract, keys, ledger, documents, stamps. */
export async function bundle(
  session: Session,
  options: { readonly out: string; readonly operation?: string },
): Promise<Outcome> {
  const dossier = await openCase(session)
  const stored = (await bundleFiles(dossier, options.operation)).filter(isWhole)
  const manifests = await manifestsNotStored(session, dossier, options.operation, stored)
  const files = [...stored, ...manifests].sort((a, b) => (a.name < b.name ? -1 : 1))
  await writeBundle(files, options.out)
  const sha256 = sha256Hex(await readFile(options.out))
  return {
    exit: 0,
    json: { bundle: options.out, sha256, files: files.map(({ name }): Json => name) },
    lines: [
      `${options.out}  ${counted(files.length, 'file')}`,
      `sha256  ${sha256}`,
      `check it anywhere with: restitute verify ${shellWord(options.out)} --signer <key of whom you trust>`,
    ],
  }
}

/** A kill between a manifest and its signatures left it bare, which says nothing: it is read from its package. */
function isWhole({ name }: BundleFile, _index: number, all: readonly BundleFile[]): boolean {
  const isManifest = /^documents\/manifest-.*\.json$/.test(name)
  return !isManifest || all.some((other) => other.name.startsWith(`${name}.`))
}

/** Manifests are kept in `documents/` from the destruction on; before it they are read from the packages. */
async function manifestsNotStored(
  session: Session,
  { ledger, terms }: Dossier,
  operation: string | undefined,
  stored: readonly BundleFile[],
): Promise<BundleFile[]> {
  const events = ledger.events()
  const operations = operation === undefined ? operationsOf(events) : [operation]
  const missing = operations
    .flatMap((name) => stateOf(events, name).packages)
    .filter((ref) => !stored.some(({ name }) => name === `documents/manifest-${ref.package}.json`))
  const places = await storedPackages(session, terms.contract.destinations, missing)
  const byPackage = new Map(places.map((place) => [place.package, place.url]))
  const found = await Promise.all(
    [...byPackage].map(async ([name, url]) =>
      manifestFiles(await openPlace(session, terms.contract.destinations, url), name),
    ),
  )
  return found.flat()
}

async function manifestFiles(place: Destination, name: string): Promise<BundleFile[]> {
  const { manifestBytes, signatures } = await openPackage(place)
  const base = `documents/manifest-${name}.json`
  const file = (suffix: string, bytes: Uint8Array): BundleFile => ({
    name: `${base}${suffix}`,
    bytes: async () => bytes,
  })
  return [
    file('', manifestBytes),
    ...signatures.flatMap(({ fingerprint, bytes, stamp }) => [
      file(`.${fingerprint}.asc`, bytes),
      ...(stamp ? [file(`.${fingerprint}.asc.tsr`, stamp)] : []),
    ]),
  ]
}

/** `restitute bundle`. */
export const bundleCommand: CommandDefinition = {
  name: 'bundle',
  args: '',
  summary: 'one ZIP file with all that an auditor needs to judge this case without it',
  options: [
    { flags: '--out <file>', description: 'the ZIP file to write', required: true },
    {
      flags: '--operation <name>',
      description: 'only the manifests, orders and certificates of this operation',
    },
  ],
  examples: [
    'restitute bundle --dossier chu --out chu-evidence.zip',
    'restitute verify chu-evidence.zip --signer client-1.asc --signer host.asc',
  ],
  run: (session, _args, options) =>
    bundle(session, { out: text(options, 'out') ?? '', ...given(options, 'operation') }),
}
