import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { caseDocument } from '../../cli/src/case-document.ts'
import { authorise } from '../../cli/src/commands/authorise.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { status } from '../../cli/src/commands/status.ts'
import type { Authority } from '../services/tsa.ts'
import { codes, repacked, verifiedAlone } from '../support/bundles.ts'
import type { Case } from '../support/case.ts'
import { state } from '../support/forms.ts'

import { finished, handedOver, ready, refusals, take, trusted, written } from '../support/receipts.ts'

/*
 * Receipts that the client did not sign by OpenPGP: by X.509, or by hand. What the pinned contract does not accept
 * does not count, and what nobody can verify is called so everywhere.
 */

const opened: (Case | Authority)[] = []
afterEach(async () => {
  for (const one of opened.splice(0))
    await (Symbol.asyncDispose in one ? one[Symbol.asyncDispose]() : one[Symbol.dispose]())
})

/** A case that is removed after the test. */
async function begun(...o: Parameters<typeof handedOver>): Promise<Case> {
  const c = await handedOver(...o)
  opened.push(c)
  return c
}

const consenting = '{ accepted: [openpgp, handwritten], handwritten-consent: true }'

async function scanOf(c: Case, text = 'signed, C. Client'): Promise<string> {
  const path = join(c.client, `scan-${text.length}.pdf`)
  await writeFile(path, `%PDF-1.7\n${text}\n`)
  return path
}

describe('a receipt signed by hand', () => {
  it('carries a contract to its end where it accepts that, and is called what it is everywhere', async () => {
    const c = await begun(consenting)
    const path = await written(c, 'handwritten')
    const page = await readFile(path.replace(/\.json$/, '.en.html'), 'utf8')
    expect(page).toContain('not cryptographically verified')
    const { json } = await take(c, path, 'authoriser-1', { scan: await scanOf(c) })
    expect(json['event']).toMatchObject({
      body: { form: 'handwritten', signers: [], scanSha256: expect.any(String) },
    })
    expect(JSON.stringify(json)).not.toContain('C. Client')
    const shown = (await status(c.session)).lines.join('\n')
    expect(shown).toContain('receipt declared, signed by hand, not cryptographically verified')
    const told = await authorise(c.as('authoriser-1'), { validFor: 'P365D', copies: [] })
    expect(told.lines.join('\n')).toContain('signed by hand, not verified: look at its scan')
    const evidence = await finished(c, ['authoriser-2'])
    const run = await verifiedAlone(evidence, c.root, trusted(c))
    expect(run.exit, run.stdout).toBe(0)
    expect(codes(run)).toContain('signed-by-hand')
    const { notChecked } = run.json() as { notChecked: string[] }
    const word = c.cast.key('authoriser-1').fingerprint
    expect(notChecked.join('\n')).toContain(`rests on the word of the host's ${word}`)
    expect(notChecked.join('\n')).toContain('cannot be cryptographically verified')
    const documents = join(c.dossier, 'documents')
    const certificate = JSON.parse(await readFile(join(documents, 'certificate-R1.json'), 'utf8')) as {
      receiptForm: string
      limits: string[]
    }
    expect(certificate.receiptForm).toBe('handwritten')
    expect(certificate.limits.join('\n')).toContain('signed by hand: it is declared')
    const minutes = join(c.root, 'minutes.html')
    await caseDocument({ ...c.session, language: 'fr' }, { kind: 'minutes', out: minutes })
    for (const [file, words] of [
      [join(documents, 'certificate-R1.fr.html'), 'non vérifié par cryptographie'],
      [join(documents, 'certificate-R1.en.html'), 'not cryptographically verified'],
      [minutes, 'déclaré, signé à la main, non vérifié par cryptographie'],
    ] as const)
      expect(await readFile(file, 'utf8')).toContain(words)
  })

  it('is refused where the contract does not accept it, without a scan, and by nobody’s word', async () => {
    const plain = await begun('{ accepted: [openpgp] }')
    const receipt = await written(plain, 'handwritten')
    const scan = await scanOf(plain)
    await expect(take(plain, receipt, 'authoriser-1', { scan })).rejects.toMatchObject({
      code: 'signature-invalid',
      message: expect.stringContaining('accepts no receipt signed by hand'),
    })
    const c = await begun(consenting)
    const path = await written(c, 'handwritten')
    await expect(take(c, path)).rejects.toMatchObject({ code: 'signature-invalid' })
    await expect(take(c, path, 'host', { scan })).rejects.toMatchObject({ code: 'key-wrong', exit: 4 })
    const text = join(c.client, 'scan.txt')
    await writeFile(text, 'I, the client, accept.\n')
    await expect(take(c, path, 'authoriser-1', { scan: text })).rejects.toMatchObject({
      code: 'document-invalid',
    })
    await take(c, path, 'authoriser-1', { scan })
    const again = await written(c, 'handwritten')
    await expect(take(c, again, 'authoriser-1', { scan })).rejects.toMatchObject({ code: 'usage' })
  })

  it('does not consent unless the contract says so, nor on the word of who executes', async () => {
    const c = await begun('{ accepted: [openpgp, handwritten] }')
    await take(c, await written(c, 'handwritten'), 'authoriser-1', { scan: await scanOf(c) })
    await ready(c)
    expect(await refusals(c)).toEqual([expect.stringContaining('consent: the consent is signed by hand')])
    const alone = await begun(consenting)
    await take(alone, await written(alone, 'handwritten'), 'operator', { scan: await scanOf(alone) })
    const confirm = await ready(alone)
    expect(await refusals(alone)).toEqual([
      expect.stringContaining('receipt: who executes has also taken in'),
    ])
    await expect(destroy(alone.as('operator'), { execute: true, see: false, confirm })).rejects.toMatchObject(
      { code: 'guard-refused', exit: 6 },
    )
  })

  it('never takes back what the client contested or withdrew', async () => {
    const c = await begun(consenting)
    await state(c, 'client-1', 'withdrawal', { text: 'not yet' })
    c.clock.advance('P1D')
    await take(c, await written(c, 'handwritten'), 'authoriser-1', { scan: await scanOf(c) })
    await ready(c)
    expect(await refusals(c)).toEqual([expect.stringContaining('no-contest: withdrawal')])
  })

  it('is found out when its scan is gone, another, or called a signature', async () => {
    const c = await begun(consenting)
    await take(c, await written(c, 'handwritten'), 'authoriser-1', { scan: await scanOf(c) })
    const evidence = await finished(c)
    const forged = async (change: (documents: string) => Promise<unknown>): Promise<string[]> => {
      const zip = await repacked(evidence, c.root, (folder) => change(join(folder, 'documents')))
      const run = await verifiedAlone(zip, c.root, trusted(c))
      expect(run.exit).toBe(3)
      return codes(run)
    }
    expect(await forged((documents) => rm(join(documents, 'scan-R1.pdf')))).toEqual(['event-unsupported'])
    expect(
      await forged((documents) => writeFile(join(documents, 'scan-R1.pdf'), '%PDF-1.7\nother\n')),
    ).toEqual(['event-unsupported'])
    const unsaid = await forged(async (documents) => {
      const path = join(documents, 'certificate-R1.json')
      await writeFile(path, (await readFile(path, 'utf8')).replace('"receiptForm":"handwritten",', ''))
    })
    expect(unsaid).toContain('receipt-differs')
  })
})
