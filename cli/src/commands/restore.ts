import type { Package } from '@restitute/archive'
import { counted, formatBytes, type Json, RestituteError } from '@restitute/core'
import { refusePassword, sourceSpec } from '@restitute/dossier'
import { openSeries, type Restoration, restoreSource } from '@restitute/run'
import { type CommandDefinition, flag, secretOption, text, texts } from '../command.ts'
import { openPackages } from '../packages.ts'
import type { Outcome, Session } from '../session.ts'
import { requireTrusted } from '../trust.ts'

/** What `restore` is told. */
export interface RestoreOptions {
  readonly packages: readonly string[]
  readonly key: string
  readonly source: string
  readonly to: string
  /** Reference to the secret of the target. */
  readonly toSecret?: string | undefined
  readonly compare: boolean
  readonly signers: readonly string[]
}

/** Rebuilds a source from the packages of a delivery, and proves it equal when asked. */
export async function restore(session: Session, options: RestoreOptions): Promise<Outcome> {
  refusePassword(options.to)
  const packages = await openPackages(session, options.packages)
  refuseOtherKind(packages, options)
  const origin = await requireTrusted(session, packages, options.signers)
  const opener = { privateKeys: [await session.privateKey(options.key)] }
  await using series = await openSeries(packages, opener, session.signal)
  const restored = await restoreSource({
    series,
    source: options.source,
    target: await sourceSpec({
      ...{ name: options.source, url: options.to },
      ...(options.toSecret === undefined ? {} : { secret: options.toSecret }),
    }),
    connector: await session.connectorOf(options.to),
    compare: options.compare,
    opener,
    signal: session.signal,
    progress: session.progress,
  })
  const different = restored.comparison?.different ?? 0
  return {
    exit: different > 0 ? 3 : restored.leftOut > 0 ? 5 : 0,
    json: { source: options.source, to: options.to, ...restorationJson(restored), ...origin },
    lines: lines(options, restored),
  }
}

/** Only what is of one kind can hold the other; a connector would fail late, at what it does not find. */
function refuseOtherKind(packages: readonly Package[], { source, to }: RestoreOptions): void {
  const sources = packages.flatMap(({ manifest }) => manifest.sources)
  const kind = sources.find(({ name }) => name === source)?.kind
  if (kind === undefined || to.startsWith(`${kind}:`)) return
  throw new RestituteError('usage', `--to: ${source} is a source of kind ${kind}, got "${to}"`, {
    hint: `name a target ${kind}:…`,
  })
}

function restorationJson({ comparison, ...rest }: Restoration): { readonly [key: string]: Json } {
  if (comparison === undefined) return rest
  return {
    ...rest,
    comparison: { ...comparison, differences: comparison.differences.map((d) => ({ ...d })) },
  }
}

function lines(options: RestoreOptions, restored: Restoration): string[] {
  const { comparison } = restored
  return [
    `restored ${options.source} to ${options.to}: ${counted(restored.items, 'item')}, ${formatBytes(restored.bytes)}`,
    ...(restored.leftOut > 0
      ? [`${counted(restored.leftOut, 'item')} stated as lost or excluded and not restored`]
      : []),
    ...(comparison === undefined
      ? []
      : comparison.different === 0
        ? [
            `equal by content: ${counted(comparison.items, 'item')}, ${formatBytes(comparison.bytes)} compared`,
          ]
        : [
            `DIFFERENT: ${counted(comparison.different, 'item')}`,
            ...comparison.differences.map((d) => `  ${d.change} ${JSON.stringify(d.item)} ${d.detail ?? ''}`),
          ]),
  ]
}

/** `restitute restore`. */
export const restoreCommand: CommandDefinition = {
  name: 'restore',
  args: '<package...>',
  summary: 'rebuild a source elsewhere from the packages of a delivery, and prove it equal',
  options: [
    { flags: '--key <file>', description: 'private key of a recipient', required: true },
    { flags: '--source <name>', description: 'which source', required: true },
    { flags: '--to <url>', description: 'empty target, for instance sqlite:/tmp/records.db', required: true },
    {
      flags: '--to-secret <reference>',
      description:
        'secret of the target, for instance of its database account: env:NAME, file:/path or exec:command',
    },
    { flags: '--compare', description: 'compare the result by content with what was delivered' },
    {
      flags: '--signer <key>',
      description: 'who must have signed: public key file or fingerprint',
      repeatable: true,
    },
    secretOption,
  ],
  examples: [
    'restitute restore R1-0001 R1-0002 --key client.key --signer operator.asc --source records --to sqlite:/tmp/records.db --compare',
  ],
  run: (session, packages, options) => {
    const to = text(options, 'to') ?? ''
    if (!to.includes(':'))
      throw new RestituteError('usage', `--to: expected a source URL such as files:/tmp/out, got "${to}"`)
    return restore(session, {
      packages,
      key: text(options, 'key') ?? '',
      source: text(options, 'source') ?? '',
      to,
      toSecret: text(options, 'toSecret'),
      compare: flag(options, 'compare'),
      signers: texts(options, 'signer'),
    })
  },
}
