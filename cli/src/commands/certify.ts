import { join } from 'node:path'
import { asRestituteError, shellWord } from '@restitute/core'
import { isActedOn, issueCertificate, probeCopies, type SeenCopy } from '@restitute/destruction'
import { stampedSignature, storeDocument } from '@restitute/dossier'
import type { Certificate } from '@restitute/manifest'
import { openCase, operationOf, personNames } from '../case.ts'
import { type CommandDefinition, given } from '../command.ts'
import { nextCommand } from '../next-command.ts'
import { printableCertificate } from '../printable.ts'
import { orderOf, reachOf, registerOf } from '../register.ts'
import type { Outcome, Session } from '../session.ts'
import { seenJson, seenLines } from './destroy.ts'

/** Probes every destroyed copy as the verifier, then writes and signs the certificate, partial or final. */
export async function certify(session: Session, options: { readonly operation?: string }): Promise<Outcome> {
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const verifier = await session.actor()
  await dossier.ledger.assertMay({ type: 'certified', key: verifier, at: session.clock.now() })
  const operation = operationOf(dossier, options.operation)
  const orderSha256 = orderOf(dossier, operation)
  const copies = await registerOf(session, dossier, operation)
  const probed = await probeCopies({
    dossier,
    operation,
    copies,
    verifier,
    reach: reachOf(session, dossier),
    clock: session.clock,
    orderSha256,
  })
  const at = session.clock.now()
  const issued = await issueCertificate({ dossier, operation, orderSha256, verifier, at })
  const { terms } = dossier
  const signatures = await stampedSignature(terms, verifier.fingerprint, issued.signature, session.signal)
  const stored = await storeDocument({
    dossier,
    stem: `certificate-${operation}`,
    extension: 'json',
    bytes: issued.bytes,
    ...signatures,
  })
  await dossier.ledger.append({
    type: 'certified',
    operation,
    body: { certificateSha256: issued.sha256, status: issued.certificate.status },
    key: verifier,
    at,
  })
  const path = join(dossier.paths.documents, stored.name)
  const file = { path, signature: `${path}.${verifier.fingerprint}.asc` }
  const printable = {
    file,
    bytes: issued.bytes,
    signedAt: at,
    signer: verifier.publicKey.userId,
    profile: dossier.terms.contract.profile,
    names: personNames(dossier),
  }
  const pages = await pagesOr(session, printableCertificate(printable, issued.certificate))
  return outcomeOf(session, issued.certificate, path, pages, probed)
}

/** The certificate stands without them: that a page cannot be written must not look as if nothing had been certified. */
async function pagesOr(session: Session, written: Promise<string[]>): Promise<string[]> {
  return written.catch((thrown: unknown) => {
    const { code, message } = asRestituteError(thrown)
    if (code !== 'destination-failed') throw thrown
    session.note(`warning: the certificate is issued, but not all of its pages: ${message}`)
    return []
  })
}

function outcomeOf(
  session: Session,
  certificate: Certificate,
  path: string,
  pages: readonly string[],
  probed: readonly SeenCopy[],
): Outcome {
  const present = certificate.copies.some(({ probe }) => probe?.state === 'present' && !probe.kept)
  return {
    exit: present ? 3 : certificate.status === 'final' ? 0 : 5,
    json: {
      status: certificate.status,
      certificate: path,
      pages,
      probed: probed.map(seenJson),
      copies: certificate.copies.map(({ name, kind, outcome, method }) => ({
        name,
        kind,
        outcome,
        category: method?.category ?? null,
      })),
    },
    lines: [
      ...probed.flatMap(seenLines),
      ...certificate.copies.map(
        (copy) =>
          `${copy.outcome.padEnd(26)} ${copy.kind} ${copy.name}${copy.method?.category === 'none' ? '  (deletion, no sanitization claimed)' : ''}${copy.outcome !== 'deferred' || copy.deferredUntil === undefined ? '' : `  until ${copy.deferredUntil}`}`,
      ),
      `${certificate.status.toUpperCase()} certificate  ${path}`,
      ...pages.map((page) => `page  ${page}`),
      ...openLines(session, certificate),
    ],
  }
}

/** How what nobody here can look at comes to its end: certifying again would say the same for ever. */
function openLines(session: Session, { copies }: Certificate): string[] {
  const open = copies.filter(
    (copy) => !isActedOn(copy) && (copy.outcome === 'deferred' || copy.outcome === 'could-not-check'),
  )
  return open.map(({ name, kind }) => {
    const form = (what: string): string =>
      nextCommand(session, `document form --kind ${what} --set copy=${shellWord(name)} --out <file>`)
    const ended = `open  ${kind} ${name}: final once its holder has declared its end: ${form('declaration')}`
    return kind === 'medium' ? `${ended}; or the client, that it keeps it: ${form('custody')}` : ended
  })
}

/** `restitute certify`. */
export const certifyCommand: CommandDefinition = {
  name: 'certify',
  args: '',
  summary: 'probe as the verifier, then write the destruction certificate, partial or final',
  options: [{ flags: '--operation <name>', description: 'which restitution (default: the current one)' }],
  examples: ['restitute certify --dossier chu --as verifier.key'],
  run: (session, _args, options) => certify(session, given(options, 'operation')),
}
