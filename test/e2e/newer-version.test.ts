import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { canonicalJson, type LedgerLine, sha256Hex } from '../../packages/manifest/src/index.ts'
import { signDetached } from '../../packages/seal/src/index.ts'
import { codes, repacked, verifiedAlone } from '../support/bundles.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { recordsAndDocuments } from '../support/sources.ts'

/* Versions live side by side: the host's goes on for years, the client's and the auditor's may be old. */

let c: Case
beforeAll(async () => {
  c = await openCase({ sources: recordsAndDocuments })
  await pin(c)
})
afterAll(() => c[Symbol.asyncDispose]())

/** Appends an event of a type that is still to come; `signedBy` another than the person it names: a forgery. */
async function eventToCome(file: string, signedBy: 'operator' | 'verifier' = 'operator'): Promise<void> {
  const last = (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? ''
  const { event } = JSON.parse(last) as LedgerLine
  const next = {
    ...event,
    ...{ sequence: event.sequence + 1, type: 'yet-to-come', body: {} },
    ...{ previous: sha256Hex(last), person: c.cast.key('operator').fingerprint },
  }
  const { binary } = await signDetached(
    Buffer.from(canonicalJson(next)),
    c.cast.key(signedBy),
    new Date(event.at),
  )
  const signature = Buffer.from(binary).toString('base64')
  await appendFile(file, `${canonicalJson({ event: next, signature })}\n`)
}

describe('evidence that a newer version wrote', () => {
  const signers = (): string[] => ['client-1.asc', 'host.asc'].map((name) => join(c.root, 'keys', name))

  it('is not called invalid by its readers, nor valid', async () => {
    const whole = join(c.root, 'evidence.zip')
    await bundle(c.session, { out: whole })
    const newer = await repacked(whole, c.root, (folder) => eventToCome(join(folder, 'ledger.jsonl')))
    const run = await verifiedAlone(newer, c.root, signers())
    expect([run.exit, run.json()['verdict'], codes(run)]).toEqual([4, 'could-not-check', ['newer-version']])
    const forged = await repacked(whole, c.root, (folder) =>
      eventToCome(join(folder, 'ledger.jsonl'), 'verifier'),
    )
    expect((await verifiedAlone(forged, c.root, signers())).exit).toBe(3)
  })

  it("is no reason to put an older ledger back: the host's own older version says what it is", async () => {
    await eventToCome(join(c.dossier, 'ledger.jsonl'))
    const status = await restitute(['status', '--dossier', c.dossier])
    expect(status.exit).toBe(4)
    expect(status.stderr).toMatch(/ledger\.jsonl: line \d+, which this version does not know/)
    expect(status.stderr).toContain('a newer version of Restitute may have written it')
    expect(status.stderr).not.toMatch(/backup|tampered/)
  })
})
