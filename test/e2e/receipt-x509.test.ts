import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { status } from '../../cli/src/commands/status.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { cmsSignAt } from '../../packages/seal/test/cms-support.ts'
import { certificateFingerprint, cmsSign, makeSigner } from '../services/cms.ts'
import { type Authority, type AuthorityOptions, startTsa } from '../services/tsa.ts'
import { codes, repacked, verifiedAlone } from '../support/bundles.ts'
import { type Case, countersignScope, openCase, pin } from '../support/case.ts'
import { state } from '../support/forms.ts'
import { havePrograms } from '../support/programs.ts'
import { finished, handedOver, letters, take, trusted, written } from '../support/receipts.ts'

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

function signer(o: AuthorityOptions = {}): Authority {
  const made = makeSigner(o)
  opened.push(made)
  return made
}

const byX509 = ({ folder }: Authority): Promise<Case> =>
  begun(
    `{ accepted: [x509], x509: [{ certificate: keys/dpo.pem, fingerprint: "${certificateFingerprint(folder, 'leaf')}" }] }`,
    { 'dpo.pem': join(folder, 'leaf.crt') },
  )

const underAuthority = ({ folder }: Authority, subject: string): Promise<Case> =>
  begun(
    `{ accepted: [openpgp, x509], x509: [{ certificate: keys/ca.pem, fingerprint: "${certificateFingerprint(folder, 'root')}", subject: ${subject} }] }`,
    { 'ca.pem': join(folder, 'root.crt') },
  )

/** Signs by X.509 at the time of the case, unless told otherwise. */
async function signX509(c: Case, path: string, { folder }: Authority, at = c.clock.at): Promise<void> {
  await writeFile(`${path}.p7s`, await cmsSignAt(folder, await readFile(path), at))
}

/** The contract of a case with these terms on receipts instead of its own, signed and in force. */
async function amendReceipts(c: Case, receipts: string): Promise<void> {
  const file = join(c.dossier, 'contract.yaml')
  const beside = (await readdir(c.dossier)).filter((name) => name.startsWith('contract.yaml.'))
  for (const name of beside) await rm(join(c.dossier, name))
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^receipts: .*$/m, `receipts: ${receipts}`))
  await pin(c)
  await countersignScope(c)
}

describe.skipIf(!havePrograms('openssl'))('a receipt signed by X.509', () => {
  it('answers a delivery that was made before an amendment brought that form', async () => {
    const dpo = signer()
    const c = await begun('{ accepted: [openpgp] }')
    await copyFile(join(dpo.folder, 'leaf.crt'), join(c.dossier, 'keys/dpo.pem'))
    const fingerprint = certificateFingerprint(dpo.folder, 'leaf')
    await amendReceipts(
      c,
      `{ accepted: [x509], x509: [{ certificate: keys/dpo.pem, fingerprint: "${fingerprint}" }] }`,
    )
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    await take(c, path)
    const run = await verifiedAlone(await finished(c), c.root, trusted(c))
    expect([run.exit, codes(run)]).toEqual([0, []])
    const receipt = join(c.dossier, 'documents/receipt-R1.json')
    expect((await verify(c.session, { path: receipt, signers: [], packages: [] })).exit).toBe(0)
  })

  it('carries a contract to its certificate, verified from the bundle alone, also five years later', async () => {
    const dpo = signer()
    const c = await byX509(dpo)
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    await take(c, path)
    const evidence = await finished(c)
    const run = await verifiedAlone(evidence, c.root, trusted(c))
    expect(run.exit, run.stdout).toBe(0)
    expect(codes(run)).not.toContain('signed-by-hand')
    const { checked, notChecked } = run.json() as { checked: string[]; notChecked: string[] }
    expect(checked.join('\n')).toMatch(
      /X\.509 signature of CN=Test leaf.*chain to a certificate that the contract names/,
    )
    expect(notChecked.join('\n')).toMatch(/whether the certificate of CN=Test leaf.* was revoked/)
    const later = await verifiedAlone(evidence, c.root, trusted(c), {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/years-ahead.ts')}`,
      RESTITUTE_YEARS_AHEAD: '5',
    })
    expect(later.exit, later.stdout).toBe(0)
    expect(codes(later)).toContain('key-expired-since')
    const [name = ''] = (await readdir(join(c.dossier, 'documents'))).filter((one) =>
      /^certificate-R1\.json$/.test(one),
    )
    expect(JSON.parse(await readFile(join(c.dossier, 'documents', name), 'utf8'))).toMatchObject({
      receiptForm: 'x509',
    })
  })

  it('is time-stamped when it is recorded, and judged by that clock', async () => {
    const dpo = signer()
    // A little later than the case begins: keys are made before anything is stamped.
    const begins = new Date(Date.now() - 90 * 86_400_000 + 60_000)
    const until = new Date(Date.now() + 30 * 86_400_000)
    await using tsa = await startTsa({ from: new Date(Date.now() - 200 * 86_400_000), until })
    tsa.setClock(begins)
    const c = await begun(
      `{ accepted: [x509], x509: [{ certificate: keys/dpo.pem, fingerprint: "${certificateFingerprint(dpo.folder, 'leaf')}" }] }`,
      { 'dpo.pem': join(dpo.folder, 'leaf.crt'), 'tsa.pem': tsa.root },
      `timestamp: { url: "${tsa.url}", certificate: keys/tsa.pem, fingerprint: "${tsa.fingerprint}" }\n`,
    )
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    // By the clock of the authority the certificate has expired: what the host's clock says does not matter.
    tsa.setClock(new Date(Date.now() + 2 * 86_400_000))
    await expect(take(c, path)).rejects.toMatchObject({ code: 'signature-invalid' })
    tsa.setClock(begins)
    const { json } = await take(c, path)
    expect(json['event']).toMatchObject({ body: { form: 'x509', stampedAt: expect.any(String) } })
    const names = await readdir(join(c.dossier, 'documents'))
    expect(names).toContainEqual(expect.stringMatching(/^receipt-R1\.json\.[0-9a-f]{64}\.p7s\.tsr$/))
    const report = await verify(c.session, {
      path: join(c.dossier, 'documents', 'receipt-R1.json'),
      signers: [],
      packages: [join(c.vault, 'R1-0001')],
    })
    expect([report.exit, report.lines.join('\n')]).toEqual([0, expect.stringContaining('by the clock of')])
  })

  it('is what openssl cms -sign makes, below an authority for the subject that the contract names', async () => {
    const hospital = signer({ intermediate: true })
    const c = await underAuthority(hospital, '{ O: Restitute tests }')
    const path = await written(c, 'x509')
    // openssl signs now, three months later than the clock of the case.
    c.clock.at = new Date(Date.now() + 60_000)
    await writeFile(`${path}.p7s`, cmsSign(hospital.folder, await readFile(path)))
    const { json } = await take(c, path)
    expect(json['event']).toMatchObject({
      body: { form: 'x509', signers: [certificateFingerprint(hospital.folder, 'leaf')], consent: true },
    })
    expect(JSON.stringify(json)).not.toContain('CN=')
    const { lines } = await status(c.session)
    expect(lines.join('\n')).toContain('receipt signed by X.509')
  })

  it('is refused over other bytes, by another certificate, out of its time, and for another subject', async () => {
    const dpo = signer()
    const c = await byX509(dpo)
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('C. Client', 'D. Client'))
    await expect(take(c, path)).rejects.toMatchObject({ code: 'signature-invalid', exit: 3 })
    await writeFile(path, text)
    await signX509(c, path, signer())
    await expect(take(c, path)).rejects.toMatchObject({
      code: 'signature-invalid',
      message: expect.stringContaining('no good signature of the client'),
    })
    // A signature may not claim a time before or after the certificate, nor come once it has expired.
    await signX509(c, path, dpo, new Date(Date.now() - 300 * 86_400_000))
    await expect(take(c, path)).rejects.toMatchObject({ code: 'signature-invalid' })
    await signX509(c, path, dpo)
    const at = c.clock.at
    c.clock.at = new Date(Date.now() + 3 * 86_400_000)
    await expect(take(c, path)).rejects.toMatchObject({
      code: 'signature-invalid',
      message: expect.stringContaining('not valid then'),
    })
    c.clock.at = at
    await take(c, path)

    const strict = await underAuthority(dpo, '{ O: Restitute tests, OU: DPO }')
    const other = await written(strict, 'x509')
    await signX509(strict, other, dpo)
    await expect(take(strict, other)).rejects.toMatchObject({ code: 'signature-invalid' })
  })

  it('counts for nothing under a contract that does not accept it, nor for any other document', async () => {
    const dpo = signer()
    const c = await begun('{ accepted: [openpgp] }')
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    await expect(take(c, path)).rejects.toMatchObject({
      code: 'signature-invalid',
      hint: expect.stringContaining('the contract accepts openpgp'),
    })
    const own = await byX509(dpo)
    const waiver = join(own.slips, 'waiver.json')
    await state(own, 'client-1', 'waiver', { text: 'no notice', waives: 'notice' })
    const [made = ''] = (await readdir(own.slips)).filter((name) => /^waiver-\d+\.json$/.test(name))
    await writeFile(
      waiver,
      (await readFile(join(own.slips, made), 'utf8')).replace('no notice', 'no notice!'),
    )
    await signX509(own, waiver, dpo)
    await expect(recordFile(own.as('operator'), { kind: 'waiver', file: waiver })).rejects.toMatchObject({
      code: 'signature-invalid',
    })
  })

  it('of OpenPGP no longer counts where the contract accepts X.509 alone', async () => {
    const c = await byX509(signer())
    const path = await written(c, 'x509')
    await sign(c.as('client-1'), path)
    await expect(take(c, path)).rejects.toMatchObject({ code: 'signature-invalid' })
    const { exit, json } = await verify(c.session, { path, signers: [], packages: [] })
    expect([exit, json['findings']]).toEqual([3, [expect.objectContaining({ code: 'signer-unknown' })]])
  })

  it.each<[string, (o: Authority) => string, string]>([
    [
      'another certificate than it names',
      () => `fingerprint: "${'0'.repeat(64)}"`,
      'holds another certificate',
    ],
    [
      'an authority that certifies just anybody',
      ({ folder }) => `fingerprint: "${certificateFingerprint(folder, 'root')}"`,
      'subject',
    ],
  ])('is not to be had under a contract with %s', async (_, terms, why) => {
    const dpo = signer()
    const c = await openCase({
      sources: letters,
      contract: (yaml) =>
        `${yaml}receipts: { accepted: [x509], x509: [{ certificate: keys/ca.pem, ${terms(dpo)} }] }\n`,
    })
    opened.push(c)
    await copyFile(join(dpo.folder, 'root.crt'), join(c.dossier, 'keys', 'ca.pem'))
    await expect(pin(c)).rejects.toMatchObject({
      code: 'contract-invalid',
      message: expect.stringContaining(why),
    })
  })

  it.each([
    ['{ accepted: [x509] }', 'expected exactly when accepted has x509'],
    ['{ accepted: [handwritten] }', 'what is signed by hand can be verified by nobody'],
    ['{ accepted: [openpgp], handwritten-consent: true }', 'only where accepted has handwritten'],
    ['{ accepted: [pades] }', '/receipts/accepted'],
  ])('is not agreed by receipts: %s', async (terms, why) => {
    const c = await openCase({ sources: letters, contract: (yaml) => `${yaml}receipts: ${terms}\n` })
    opened.push(c)
    await expect(pin(c)).rejects.toMatchObject({
      code: 'contract-invalid',
      message: expect.stringContaining(why),
    })
  })

  it('is found out when somebody changes the case behind it', async () => {
    const dpo = signer()
    const c = await byX509(dpo)
    const path = await written(c, 'x509')
    await signX509(c, path, dpo)
    await take(c, path)
    const evidence = await finished(c)
    const forger = signer()
    const forged = async (change: (folder: string, name: string) => Promise<unknown>): Promise<number> => {
      const zip = await repacked(evidence, c.root, async (folder) => {
        const documents = join(folder, 'documents')
        const [name = ''] = (await readdir(documents)).filter((one) => one.endsWith('.p7s'))
        await change(documents, name)
      })
      return (await verifiedAlone(zip, c.root, trusted(c))).exit
    }
    expect(await forged((folder, name) => rm(join(folder, name)))).toBe(3)
    expect(
      await forged(async (folder, name) => {
        const receipt = await readFile(join(folder, 'receipt-R1.json'))
        await writeFile(
          join(folder, name),
          await cmsSignAt(forger.folder, receipt, new Date(Date.now() - 80 * 86_400_000)),
        )
      }),
    ).toBe(3)
    expect(
      await forged(async (folder) => {
        const [pem = ''] = (await readdir(folder)).filter((one) => one.startsWith('authority-'))
        await copyFile(join(forger.folder, 'leaf.crt'), join(folder, pem))
      }),
    ).toBe(3)
  })
})
