import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  await mkdir(join(root, 'source'))
  await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
}

async function verify(
  c: Case,
  signer: string,
  path = join(c.vault, 'R1-0001'),
): Promise<{ exit: number; said: Record<string, unknown> }> {
  const { exit, json } = await restitute([
    'verify',
    path,
    '--json',
    '--dossier',
    c.client,
    '--signer',
    signer,
  ])
  return { exit, said: json() }
}

describe('--signer takes a fingerprint', () => {
  it('whose key the package brings, and no other', async () => {
    await using c = await openCase({ sources })
    await exportPackage(c)
    const operator = c.cast.key('operator').fingerprint
    const stranger = c.cast.key('verifier').fingerprint
    expect(await verify(c, operator.toUpperCase())).toMatchObject({ exit: 0, said: { verdict: 'valid' } })
    expect(await verify(c, stranger)).toMatchObject({ exit: 4, said: { error: { code: 'key-missing' } } })
  })

  it('as gpg writes it with 0x, and no key id, of which it says that it is none', async () => {
    await using c = await openCase({ sources })
    await exportPackage(c)
    const { fingerprint } = c.cast.key('operator')
    expect(await verify(c, `0x${fingerprint}`)).toMatchObject({ exit: 0, said: { verdict: 'valid' } })
    for (const id of [fingerprint.slice(-16), `0x${fingerprint.slice(-8)}`])
      expect(await verify(c, id)).toMatchObject({
        exit: 4,
        said: { error: { code: 'key-missing', hint: expect.stringMatching(/whole fingerprint/) } },
      })
  })

  it('of a party of the contract in a bundle, told by telephone', async () => {
    await using c = await openCase({ sources })
    await pin(c)
    const out = join(c.root, 'evidence.zip')
    await bundle(c.session, { out })
    const [client, operator] = (['client-1', 'operator'] as const).map((who) => c.cast.key(who).fingerprint)
    const inside = await verify(c, client ?? '', out)
    expect(inside).toMatchObject({ exit: 0, said: { verdict: 'valid', signers: [{ fingerprint: client }] } })
    expect(await verify(c, operator ?? '', out)).toMatchObject({ exit: 4 })
  })

  it('and is not taken in by a key file of that name that holds another key', async () => {
    await using c = await openCase({ sources })
    await exportPackage(c)
    const stranger = c.cast.key('verifier').fingerprint
    const keys = join(c.vault, 'R1-0001', 'keys')
    await cp(join(keys, `${c.cast.key('operator').fingerprint}.asc`), join(keys, `${stranger}.asc`))
    expect(await verify(c, stranger)).toMatchObject({ exit: 4, said: { error: { code: 'key-missing' } } })
  })
})
