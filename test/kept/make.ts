import { cp, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { type Hosted, host } from './hosted.ts'

/*
 * Makes what `test/e2e/kept.test.ts` reads: `node test/kept/make.ts <new folder>`. What lies in `v1` was made once and is never made
 * again: whoever was given a package years ago has it as it was then. A new form of packages or of evidence gets a folder
 * of its own beside it.
 */

async function make(out: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  let hosted: Hosted | undefined
  const sources = async (root: string): Promise<Hosted['sources']> => {
    hosted = stack.use(await host(root))
    return hosted.sources
  }
  await using c = await openCase({ sources })
  await deliver(c, async () => hosted?.use())
  await end(c)
  await keep(c, out)
}

async function deliver(c: Case, use: () => Promise<void>): Promise<void> {
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await use()
  await exportPackage(c, 'R1-0001')
  await deliverAll(c)
  await acknowledgeAll(c, ['R1-0001', 'R1-0002'])
}

async function end(c: Case): Promise<void> {
  await giveNotice(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
  const confirm = await see(c)
  c.clock.advance('P30D')
  const destroyed = await destroy(c.as('operator'), { execute: true, see: false, confirm })
  const certified = await certify(c.as('verifier'), {})
  console.log([...destroyed.lines, ...certified.lines].join('\n'))
}

/** The client's folder, the keys that it needs, and the evidence as an auditor is given it. */
async function keep(c: Case, out: string): Promise<void> {
  await cp(c.client, join(out, 'client'), { recursive: true })
  await mkdir(join(out, 'keys'))
  const key = c.keyFile('client-1')
  const publicKeys = (['operator', 'client-1', 'host'] as const).map((one) =>
    c.keyFile(one).replace(/key$/, 'asc'),
  )
  for (const file of [key, ...publicKeys]) await cp(file, join(out, 'keys', basename(file)))
  await bundle(c.session, { out: join(out, 'evidence.zip') })
}

await make(process.argv[2] ?? 'v1')
