import { counted, formatBytes, type Json, RestituteError } from '@restitute/core'
import { type ListedItem, listSeries, openSeries } from '@restitute/run'
import { type CommandDefinition, text, texts } from '../command.ts'
import { openPackages } from '../packages.ts'
import type { Outcome, Session } from '../session.ts'
import { requireTrusted } from '../trust.ts'

/** What `list` is told. */
export interface ListOptions {
  readonly package: string
  readonly key: string
  readonly glob?: string
  readonly signers: readonly string[]
}

/** Every item of a package, with what became of it. */
export async function list(session: Session, options: ListOptions): Promise<Outcome> {
  const packages = await openPackages(session, [options.package])
  const origin = await requireTrusted(session, packages, options.signers)
  const key = await session.privateKey(options.key)
  await using series = await openSeries(packages, { privateKeys: [key] }, session.signal)
  const items = [...listSeries(series, options.glob)]
  if (items.length === 0) {
    throw new RestituteError(
      'not-found',
      `${options.package}: nothing in it is called ${options.glob ?? ''}`,
      {
        hint: 'without a glob, everything is listed; put a glob in quotes',
      },
    )
  }
  return {
    exit: 0,
    json: { items: items.map((item): Json => ({ ...item })), ...origin },
    lines: items.map(line),
  }
}

function line(item: ListedItem): string {
  const size = item.count === undefined ? formatBytes(item.bytes) : counted(item.count, 'row')
  const reason = item.reason === undefined ? '' : `  (${item.reason})`
  return `${item.state.padEnd(9)} ${item.kind.padEnd(12)} ${size.padStart(12)}  ${item.source}  ${JSON.stringify(item.item)}${reason}`
}

/** `restitute list`. */
export const listCommand: CommandDefinition = {
  name: 'list',
  args: '<package> [glob]',
  summary: 'what is in a package',
  options: [
    { flags: '--key <file>', description: 'private key of a recipient', required: true },
    { flags: '--signer <key>', description: 'public key of who must have signed', repeatable: true },
  ],
  examples: [
    'restitute list R1-0001 --key client.key --signer operator.asc',
    'restitute list R1-0001 --key client.key --signer operator.asc "table/*" --json',
  ],
  run: (session, [path = '', glob], options) =>
    list(session, {
      package: path,
      key: text(options, 'key') ?? '',
      signers: texts(options, 'signer'),
      ...(glob === undefined ? {} : { glob }),
    }),
}
