import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { generateKey } from '../../packages/seal/src/index.ts'
import { openCase, pin } from '../support/case.ts'

/* What others write comes in any form, and by keys of any holder: the bundle has all of it, and nothing is said against it. */

it('a bundle holds letters that came as HTML, and the keys of holders', async () => {
  await using c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      return [{ name: 'letters', url: `files:${join(root, 'letters')}`, more: 'empty: true' }]
    },
    contract: (yaml) =>
      yaml.replace(
        'destinations:',
        '    copies: [{ name: nightly, kind: backup, rotation: P35D, held-by: Bravo }]\ndestinations:',
      ),
  })
  await pin(c)
  const letter = async (name: string, text: string): Promise<string> => {
    const path = join(c.slips, name)
    await writeFile(path, text)
    return path
  }
  const contest = await letter('contest.html', '<p>One letter is missing.</p>\n')
  await sign(c.as('client-1'), contest)
  await recordFile(c.as('operator'), { kind: 'contest', file: contest, operation: 'R1' })
  const gone = await letter('gone.html', '<p>The tapes are shredded.</p>\n')
  const holder = await generateKey({ name: 'Bravo', email: 'b@bravo.example', at: c.clock.at })
  const key = await letter('bravo.key', holder.privateKey)
  const privateKey = await c.session.privateKey(key)
  await sign({ ...c.session, actor: async () => privateKey }, gone)
  const holderKey = await letter('bravo.asc', holder.publicKey)
  const declaration = {
    kind: 'declaration',
    file: gone,
    copy: 'nightly',
    operation: 'R1',
    holderKey,
  } as const
  await recordFile(c.as('operator'), declaration)

  const out = join(c.root, 'evidence.zip')
  const { json } = await bundle(c.session, { out })
  expect(json['files']).toEqual(
    expect.arrayContaining(['documents/contest-R1.html', 'documents/declaration-R1.html']),
  )
  const signers = [c.keyFile('client-1').replace(/key$/, 'asc')]
  const { json: report } = await verify(c.session, { path: out, packages: [], signers })
  expect([report['verdict'], report['findings']]).toEqual(['valid', []])
})
