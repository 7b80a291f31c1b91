import { extractPackage, type VolumeExtracted } from '@restitute/archive'
import { counted, formatBytes, RestituteError } from '@restitute/core'
import type { Manifest } from '@restitute/manifest'
import { readingThreads } from '@restitute/run'
import { type CommandDefinition, given, secretOption, text, texts } from '../command.ts'
import { openPackages } from '../packages.ts'
import type { Outcome, Session } from '../session.ts'
import { requireTrusted } from '../trust.ts'

/** What `extract` is told. */
export interface ExtractOptions {
  readonly package: string
  readonly key: string
  readonly to: string
  readonly sources: readonly string[]
  readonly path?: string
  readonly signers: readonly string[]
}

/** Extracts the bags of a package, or only what is asked for, into an empty folder. */
export async function extract(session: Session, options: ExtractOptions): Promise<Outcome> {
  const [opened] = await openPackages(session, [options.package])
  if (opened === undefined) throw new RestituteError('usage', 'expected one package')
  const origin = await requireTrusted(session, [opened], options.signers)
  const key = await session.privateKey(options.key)
  await using threads = readingThreads(session.workerUrl, opened.place, opened.destination)
  const done = await extractPackage({
    package: opened,
    opener: { privateKeys: [key] },
    to: options.to,
    ...(options.sources.length > 0 ? { sources: options.sources } : {}),
    glob: options.path,
    workers: threads.extract,
    signal: session.signal,
    onProgress: reporter(session, opened.manifest),
  })
  return {
    exit: 0,
    json: { package: opened.manifest.package, to: options.to, ...done, ...origin },
    lines: [
      `extracted ${contents(done)}, to ${options.to}`,
      ...lossesIn(opened.manifest, options.sources),
      ...done.notKept.map((what) => `this system did not take the files' ${notKept[what]}`),
    ],
  }
}

/** What was torn while it was read is in the bag all the same; only the index says which items that are. */
function lossesIn({ sources }: Manifest, wanted: readonly string[]): string[] {
  return sources
    .filter(({ name, totals }) => totals.lost.items > 0 && (wanted.length === 0 || wanted.includes(name)))
    .map(
      ({ name, totals }) =>
        `LOST: ${counted(totals.lost.items, 'item')} of ${name}, of which nothing came out or not surely what was there: restitute list shows which`,
    )
}

/** Folders are named only where nothing else came out: they come with every file. */
function contents({ files, folders, bytes }: VolumeExtracted): string {
  return files === 0 ? counted(folders, 'folder') : `${counted(files, 'file')}, ${formatBytes(bytes)}`
}

/** The total is an upper bound when only a part is wanted. */
function reporter({ progress }: Session, { package: subject, volumes }: Manifest): (bytes: number) => void {
  const totalBytes = volumes.reduce((sum, volume) => sum + volume.plaintextBytes, 0)
  let doneBytes = 0
  return (bytes) => {
    doneBytes += bytes
    progress({ task: 'extract', subject, doneBytes, totalBytes: Math.max(totalBytes, doneBytes) })
  }
}

const notKept = { owners: 'owners', nanoseconds: 'times finer than a microsecond' } as const

/** `restitute extract`. */
export const extractCommand: CommandDefinition = {
  name: 'extract',
  args: '<package>',
  summary: 'the bags of a package, or only what is asked, into an empty folder',
  options: [
    { flags: '--key <file>', description: 'private key of a recipient', required: true },
    { flags: '--to <dir>', description: 'empty or new folder', required: true },
    { flags: '--source <name>', description: 'only this source', repeatable: true },
    {
      flags: '--path <glob>',
      description: 'only files and folders whose path in the bag matches, for instance "data/2024/**"',
    },
    {
      flags: '--signer <key>',
      description: 'who must have signed: public key file or fingerprint',
      repeatable: true,
    },
    secretOption,
  ],
  examples: [
    'restitute extract R1-0001 --key client.key --signer operator.asc --to out',
    'restitute extract R1-0001 --key client.key --signer operator.asc --to out --source documents --path "data/2024/**"',
  ],
  run: (session, [path = ''], options) =>
    extract(session, {
      package: path,
      key: text(options, 'key') ?? '',
      to: text(options, 'to') ?? '',
      sources: texts(options, 'source'),
      signers: texts(options, 'signer'),
      ...given(options, 'path'),
    }),
}
