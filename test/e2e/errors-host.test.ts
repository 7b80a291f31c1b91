import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { sign } from '../../cli/src/commands/sign.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import {
  acknowledgeAll,
  authoriseBy,
  type Case,
  type CaseSource,
  deliverAll,
  exportPackage,
  openCase,
  pin,
} from '../support/case.ts'
import { expectRefusal, expectResumable, type Refusal } from '../support/refusal.ts'

/** What is wrong at the host, and what its command says. */
interface Row extends Refusal {
  readonly what: string
  /** Before the command; what it returns is released after it. */
  readonly spoil: (c: Case) => Promise<AsyncDisposable | void>
  /** Default: the export. */
  readonly command?: readonly string[]
  /** The export had begun: the ledger says so, and it can go on. Default: nothing at all has changed. */
  readonly begun?: true
  /** What must not have changed, where more than nothing may. */
  readonly kept?: (c: Case) => readonly string[]
}

const contract = (c: Case): string => join(c.dossier, 'contract.yaml')
const edit = async (c: Case, from: string, to: string): Promise<void> => {
  const yaml = await readFile(contract(c), 'utf8')
  expect(yaml).toContain(from)
  await writeFile(contract(c), yaml.replace(from, to))
}
const secret = 'hunter2-correct-horse'

const rows: readonly Row[] = [
  {
    what: 'a source that is not there',
    spoil: (c) => rm(join(c.root, 'source'), { recursive: true }),
    begun: true,
    code: 'source-unreachable',
    exit: 4,
    hint: /restitute check/,
  },
  {
    what: 'a source that is empty and not declared so',
    spoil: (c) => rm(join(c.root, 'source', 'letter.txt')),
    begun: true,
    code: 'source-empty',
    exit: 1,
    hint: /empty: true/,
  },
  {
    what: 'a destination that is no folder',
    spoil: async (c) => {
      await rm(c.vault, { recursive: true })
      await writeFile(c.vault, 'a file')
      await edit(c, `directory:${c.vault}`, `directory:${c.vault}/below`)
    },
    begun: true,
    code: 'destination-unreachable',
    exit: 4,
    hint: /restitute check/,
  },
  {
    what: 'a destination in a country that nobody gave a reason for',
    spoil: (c) => edit(c, 'country: FR }\ndeadlines', 'country: KP }\ndeadlines'),
    code: 'country-refused',
    exit: 2,
    hint: /outside-eea/,
  },
  {
    what: 'broken YAML',
    spoil: (c) => edit(c, 'reference: TEST-1', 'reference: TEST-1: x'),
    code: 'contract-invalid',
    exit: 2,
    message: /2:12 /,
  },
  {
    what: 'several things that no contract may say, all at once',
    spoil: async (c) => {
      await edit(c, 'language: en', 'language: tlh')
      await edit(c, 'approval: { authorisers: 2 }', 'approval: { authorisers: 1 }')
    },
    code: 'contract-invalid',
    exit: 2,
    message: /2 problems.*3:1 .*authorisers/s,
  },
  {
    what: 'an export that nobody has approved, though the contract asks for it',
    spoil: (c) => edit(c, 'authorisers: 2 }', 'authorisers: 2, export: true }'),
    code: 'guard-refused',
    exit: 6,
    message: /guard approval: no scope is recorded/,
    hint: /export-approval/,
  },
  {
    what: 'a source called like the work folder',
    spoil: (c) => edit(c, 'name: documents', 'name: work'),
    code: 'contract-invalid',
    exit: 2,
    message: /reserved/,
  },
  {
    what: 'a destination whose secret is not there',
    spoil: (c) =>
      edit(c, 'country: FR }\ndeadlines', 'country: FR, secret: "env:RESTITUTE_NOWHERE" }\ndeadlines'),
    code: 'secret-missing',
    exit: 4,
    message: /env:RESTITUTE_NOWHERE/,
  },
  {
    what: "a destination's secret in clear",
    spoil: (c) => edit(c, 'country: FR }\ndeadlines', `country: FR, secret: ${secret} }\ndeadlines`),
    code: 'secret-in-clear',
    exit: 2,
    hint: /env:NAME/,
  },
  {
    what: 'a secret in clear',
    spoil: (c) => edit(c, '/source" }', `/source", secret: ${secret} }`),
    code: 'secret-in-clear',
    exit: 2,
    hint: /env:NAME/,
  },
  {
    what: 'another command that writes in the dossier',
    spoil: async (c) => (await openDossier(c.dossier)).lock(),
    code: 'dossier-locked',
    exit: 1,
    hint: /./,
  },
  {
    what: 'nobody who acts',
    spoil: async () => {},
    command: ['export'],
    code: 'key-missing',
    exit: 4,
    hint: /--as/,
  },
  ...['export', 'rehearse'].map(
    (command): Row => ({
      what: `${command} by a person of the host who may not export`,
      spoil: async () => {},
      command: [command, '--as', 'authoriser-1'],
      code: 'guard-refused',
      exit: 6,
      message: /has not the role operator/,
      hint: /--as/,
    }),
  ),
  {
    what: 'a source that the contract does not have',
    spoil: async () => {},
    command: ['export', '--source', 'images', '--as', 'operator'],
    code: 'usage',
    exit: 2,
    hint: /documents/,
  },
  {
    what: 'a destruction under a contract that nobody signed',
    spoil: async (c) => {
      await exportPackage(c)
      await deliverAll(c)
      await acknowledgeAll(c, ['R1-0001'])
      await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    },
    command: ['destroy', '--execute', '--as', 'operator'],
    // The manifests of packages that verify are kept as evidence.
    kept: (c) => [join(c.root, 'source'), c.vault],
    code: 'guard-refused',
    exit: 6,
    message: /contract-pinned/,
    hint: /signed by host and client/,
  },
  {
    what: 'a page in a folder that is not there',
    spoil: async () => {},
    command: ['document', 'plan', '--out', '<slips>/none/plan.html'],
    code: 'destination-failed',
    exit: 1,
    message: /ENOENT/,
    hint: /folder/,
  },
  {
    what: 'a form where there is a file already',
    spoil: async (c) => {
      await appendFile(join(c.slips, 'hold.json'), 'another\n')
    },
    command: ['document', 'form', '--kind', 'hold', '--out', '<slips>/hold.json'],
    code: 'destination-failed',
    exit: 1,
    message: /there already/,
    hint: /does not exist yet/,
  },
  {
    what: 'a notice that was changed after it was signed',
    spoil: async (c) => {
      const notice = join(c.slips, 'notice.txt')
      await appendFile(notice, 'in three weeks\n')
      await sign(c.as('operator'), notice)
      await appendFile(notice, 'or four\n')
    },
    command: ['record', 'notice', '<slips>/notice.txt', '--as', 'operator'],
    code: 'signature-invalid',
    exit: 3,
    message: /not over these bytes/,
    hint: /take it away/,
  },
  {
    what: 'a declaration that nobody signed',
    spoil: async (c) => {
      await edit(c, 'country: FR\n', 'country: FR\n    copies: [{ name: nightly, kind: backup }]\n')
      await pin(c)
      await appendFile(join(c.slips, 'gone.txt'), 'the backups have gone\n')
    },
    command: ['record', 'declaration', '<slips>/gone.txt', '--copy', 'nightly', '--as', 'operator'],
    code: 'signature-invalid',
    exit: 3,
    hint: /restitute sign/,
  },
]

async function sources(root: string): Promise<CaseSource[]> {
  const documents = join(root, 'source')
  await mkdir(documents)
  await writeFile(join(documents, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${documents}` }]
}

let c: Case | undefined
afterEach(async () => {
  await c?.[Symbol.asyncDispose]()
})

function argsFor(row: Row, made: Case): string[] {
  const { command = ['export', '--as', 'operator'] } = row
  const args = command.map((word) =>
    word === 'operator' || word === 'authoriser-1' ? made.keyFile(word) : word.replace('<slips>', made.slips),
  )
  return [...args, '--dossier', made.dossier]
}

describe('whatever fails at the host says so, and leaves nothing half-done', () => {
  it.each(rows)('$what', async (row) => {
    c = await openCase({ sources })
    await using _held = (await row.spoil(c)) ?? { [Symbol.asyncDispose]: async () => {} }
    const kept = row.begun ? [c.client, c.slips] : (row.kept?.(c) ?? [c.root])
    const run = await expectRefusal(argsFor(row, c), row, kept)
    expect(run.stdout + run.stderr).not.toContain(secret)
    if (row.begun) await expectResumable(c.dossier, c.vault)
  })
})
