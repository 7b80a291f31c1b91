import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { acknowledgeAll, type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { expectRefusal, type Refusal } from '../support/refusal.ts'

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const documents = join(root, 'source')
  await mkdir(documents)
  await writeFile(join(documents, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${documents}` }]
}

async function delivered(): Promise<Case> {
  const made = await openCase({ sources })
  await pin(made)
  await exportPackage(made)
  await deliverAll(made)
  return made
}

let c: Case
let other: Case
beforeAll(async () => {
  c = await delivered()
  other = await delivered()
  await mkdir(join(c.client, 'full'))
  await writeFile(join(c.client, 'full', 'mine.txt'), 'mine')
  await mkdir(join(c.client, 'nothing'))
  await cp(join(c.client, 'R1-0001'), join(c.client, 'unfinished'), { recursive: true })
  await rm(join(c.client, 'unfinished', 'manifest.json'))
  await writeFile(join(c.slips, 'right'), 'the right one\n')
  await writeFile(join(c.slips, 'wrong'), 'another one\n')
  await restitute(
    [
      ['keygen', '--name', 'Locked', '--email', 'locked@demo.example', '--out', c.slips],
      ['--passphrase-file', join(c.slips, 'right')],
    ].flat(),
  )
  await acknowledgeAll(other, ['R1-0001'])
})
afterAll(async () => {
  await c[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const packed = (): string => join(c.client, 'R1-0001')
const signer = (): string[] => ['--signer', c.keyFile('operator').replace(/key$/, 'asc')]
const opening = (key: string): string[] => ['--key', key, ...signer()]
const extracting = (key: string): string[] => [
  'extract',
  packed(),
  '--to',
  join(c.client, 'new'),
  ...opening(key),
]

const unsaid = /^(?!.*hunter2)/s

const rows: readonly (readonly [what: string, args: () => string[], Refusal])[] = [
  [
    'a password in the URL of a target of another kind',
    () => [
      'restore',
      packed(),
      '--source',
      'documents',
      '--to',
      'postgres://u:hunter2@db/x',
      ...opening(c.keyFile('client-1')),
    ],
    { code: 'secret-in-clear', exit: 2, message: unsaid, hint: /by reference/ },
  ],
  [
    'a place for the receipt where nothing can be written',
    () => [
      ...['acknowledge', packed(), '--as', c.keyFile('client-1'), ...signer(), '--decision', 'accepted'],
      ...['--out', join(packed(), 'manifest.json')],
    ],
    { code: 'destination-failed', exit: 1, message: /cannot write to/, hint: /--out/ },
  ],
  [
    'a signature beside a file where nothing can be written',
    () => ['sign', '/proc/version', '--as', c.keyFile('client-1')],
    { code: 'destination-failed', exit: 1, message: /cannot write/, hint: /rights/ },
  ],
  [
    'a password in the URL of a package',
    () => ['verify', 'sftp://u:hun/ter2@127.0.0.1/R1-0001'],
    { code: 'secret-in-clear', exit: 2, message: /^(?!.*ter2)/s, hint: /by reference/ },
  ],
  [
    'a key that is not a recipient’s',
    () => extracting(c.keyFile('operator')),
    { code: 'key-wrong', exit: 4 },
  ],
  [
    'a key file that is not there',
    () => extracting(join(c.root, 'nowhere.key')),
    { code: 'key-missing', exit: 4, message: /nowhere\.key/, hint: /keygen/ },
  ],
  [
    'a public key in the place of the private one',
    () => extracting(c.keyFile('client-1').replace(/key$/, 'asc')),
    { code: 'key-missing', exit: 4, message: /client-1\.asc/, hint: /\.key/ },
  ],
  [
    'a locked key and another passphrase',
    () => [
      ...['sign', join(c.client, 'full', 'mine.txt'), '--as', join(c.slips, 'locked.key')],
      ...['--passphrase-file', join(c.slips, 'wrong')],
    ],
    { code: 'passphrase-wrong', exit: 4, message: /locked\.key/, hint: /--passphrase-file/ },
  ],
  [
    'a locked key and nowhere to ask',
    () => ['sign', join(c.client, 'full', 'mine.txt'), '--as', join(c.slips, 'locked.key')],
    { code: 'passphrase-wrong', exit: 4, hint: /--passphrase-file/ },
  ],
  [
    'a passphrase file that is not there',
    () => [
      ...['sign', join(c.client, 'full', 'mine.txt'), '--as', join(c.slips, 'locked.key')],
      ...['--passphrase-file', join(c.slips, 'none')],
    ],
    { code: 'key-missing', exit: 4, message: /ENOENT/ },
  ],
  [
    'nobody vouched for',
    () => ['extract', packed(), '--to', join(c.client, 'new'), '--key', c.keyFile('client-1')],
    { code: 'origin-unknown', exit: 4, hint: /--signer/ },
  ],
  [
    'a stranger’s signature',
    () => [
      ...['extract', packed(), '--to', join(c.client, 'new'), '--key', c.keyFile('client-1')],
      ...['--signer', c.keyFile('verifier').replace(/key$/, 'asc')],
    ],
    { code: 'signature-invalid', exit: 3 },
  ],
  [
    'a folder to extract to that is not empty',
    () => ['extract', packed(), '--to', join(c.client, 'full'), ...opening(c.keyFile('client-1'))],
    { code: 'target-not-empty', exit: 2, hint: /does not exist yet/ },
  ],
  [
    'a target to restore to that is not empty',
    () => [
      ...['restore', packed(), '--source', 'documents', '--to', `files:${join(c.client, 'full')}`],
      ...opening(c.keyFile('client-1')),
    ],
    { code: 'target-not-empty', exit: 2 },
  ],
  [
    'a name that nothing in the package has',
    () => ['list', packed(), ...opening(c.keyFile('client-1')), 'nothing/*'],
    { code: 'not-found', exit: 4, hint: /glob/ },
  ],
  [
    'a source that the package does not hold',
    () => [
      ...['restore', packed(), '--source', 'images', '--to', `files:${join(c.client, 'new')}`],
      ...opening(c.keyFile('client-1')),
    ],
    { code: 'usage', exit: 2, message: /images/ },
  ],
  [
    'a target of another kind than the source',
    () => [
      ...['restore', packed(), '--source', 'documents', '--to', `sqlite:${join(c.client, 'new.db')}`],
      ...opening(c.keyFile('client-1')),
    ],
    { code: 'usage', exit: 2, message: /kind files/, hint: /files:/ },
  ],
  [
    'a source that is said to be tried and is not in the delivery',
    () => [
      ...['acknowledge', packed(), '--as', c.keyFile('client-1'), ...signer()],
      ...['--decision', 'accepted', '--tried', 'document', '--out', c.slips],
    ],
    { code: 'usage', exit: 2, message: /"document"/, hint: /documents/ },
  ],
  ...(
    [
      ['reservations', [], /got none/],
      ['refused', ['--reservation', ' '], /got no reason/],
      ['accepted', ['--reservation', 'one image is missing'], /beside it/],
    ] as const
  ).map(
    ([decision, more, message]) =>
      [
        `${decision} with ${more.length > 0 ? `the reservation "${more[1]}"` : 'no reservation'}`,
        () => [
          ...['acknowledge', packed(), '--as', c.keyFile('client-1'), ...signer()],
          ...['--decision', decision, ...more, '--out', c.slips],
        ],
        { code: 'usage', exit: 2, message, hint: /--reservation/ },
      ] as const,
  ),
  [
    'a package without its manifest',
    () => ['list', join(c.client, 'unfinished'), ...opening(c.keyFile('client-1'))],
    { code: 'package-unfinished', exit: 1, hint: /again/ },
  ],
  [
    'a folder that is no package',
    () => ['verify', join(c.client, 'nothing')],
    { code: 'not-found', exit: 4, message: /manifest\.json/ },
  ],
  [
    'a file that is no document',
    () => ['verify', join(c.client, 'full', 'mine.txt')],
    { code: 'document-invalid', exit: 3, message: /mine\.txt/ },
  ],
  ['nothing there at all', () => ['verify', join(c.client, 'gone')], { code: 'not-found', exit: 4 }],
  [
    'a receipt for another delivery',
    () => [
      ...['record', 'receipt', join(other.client, 'receipt-R1.json'), '--dossier', c.dossier],
      ...['--as', c.keyFile('operator')],
    ],
    { code: 'document-invalid', exit: 3, message: /another contract/ },
  ],
  [
    'a command that does not exist',
    () => ['exprt'],
    { code: 'usage', exit: 2, message: /Did you mean export/, hint: /--help/ },
  ],
  ['an option that does not exist', () => ['status', '--frobnicate'], { code: 'usage', exit: 2 }],
  ['an argument that is missing', () => ['verify'], { code: 'usage', exit: 2, message: /path/ }],
  ['an option that is missing', () => ['list', packed()], { code: 'usage', exit: 2, message: /--key/ }],
  [
    'a choice that does not exist',
    () => ['acknowledge', packed(), '--decision', 'perhaps'],
    { code: 'usage', exit: 2, message: /accepted, reservations, refused/ },
  ],
  ['no command', () => [], { code: 'usage', exit: 2, hint: /--help/ }],
]

describe('whatever fails at the client says so, and leaves nothing behind', () => {
  it.each(rows)('%s', async (_, args, refusal) => {
    await expectRefusal(args(), refusal, [c.root, other.root])
  })
})
