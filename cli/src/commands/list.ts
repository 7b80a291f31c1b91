import { counted, formatBytes, type Json, RestituteError } from '@restitute/core'
import { type ListedItem, listPackage } from '@restitute/run'
import { type CommandDefinition, secretOption, text, texts } from '../command.ts'
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

/** Every item of a package, with what became of it; read from the indexes while it is printed. */
export async function list(session: Session, options: ListOptions): Promise<Outcome> {
  const [opened] = await openPackages(session, [options.package])
  if (opened === undefined) throw new RestituteError('usage', 'expected one package')
  const origin = await requireTrusted(session, [opened], options.signers)
  const opener = { privateKeys: [await session.privateKey(options.key)] }
  const { glob } = options
  const items = listPackage({ package: opened, opener, glob, signal: session.signal })[Symbol.asyncIterator]()
  const first = await items.next()
  if (first.done) throw nothingCalled(options)
  return { exit: 0, json: origin, items: printed(first.value, items), lines: [] }
}

async function* printed(
  first: ListedItem,
  rest: AsyncIterator<ListedItem>,
): AsyncIterable<{ readonly json: Json; readonly line: string }> {
  yield { json: { ...first }, line: line(first) }
  for await (const item of { [Symbol.asyncIterator]: () => rest })
    yield { json: { ...item }, line: line(item) }
}

function nothingCalled({ package: path, glob = '' }: ListOptions): RestituteError {
  return new RestituteError('not-found', `${path}: nothing in it is called ${glob}`, {
    hint: 'without a glob, everything is listed; put a glob in quotes',
  })
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
    {
      flags: '--signer <key>',
      description: 'who must have signed: public key file or fingerprint',
      repeatable: true,
    },
    secretOption,
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
