import { shellWord } from '@restitute/core'
import { type DocumentHead, type PackageRef, sha256Hex } from '@restitute/manifest'
import { code, time } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import type { DocumentSignature, Edition } from './page.ts'
import { facts, table } from './table.ts'
import type { Words } from './words-fr.ts'

/** A section under its heading. */
export function section(heading: string, ...content: readonly Piece[]): Html {
  return html`<section><h2>${heading}</h2>\n${content}</section>\n`
}

/** Contract, operation, identity and date of the document. */
export function references(head: DocumentHead, edition: Edition, words: Words): Html {
  return section(
    words.references,
    facts([
      [words.contract, head.contract.reference],
      [words.contractDigest, code(head.contract.sha256)],
      [words.operation, head.operation],
      [words.documentId, code(head.id)],
      [words.createdAt, time(head.createdAt, words)],
      [words.framework, edition.requirement],
    ]),
  )
}

/** Who the parties are, and what else is said of them. */
export function parties(
  { parties: named }: Edition,
  words: Words,
  ...more: readonly (readonly [string, Piece])[]
): Html {
  return section(words.parties, facts([[words.host, named?.host], [words.client, named?.client], ...more]))
}

/** The packages of the delivery by the digests of their manifests. */
export function packagesTable(packages: readonly PackageRef[], words: Words): Html {
  return table(
    undefined,
    [words.package, words.manifestDigest],
    packages.map((p) => [p.package, code(p.manifestSha256)]),
  )
}

/** Who signed, and how anyone can check it with ordinary tools. */
export function proof(
  bytes: Uint8Array,
  signatures: readonly DocumentSignature[],
  edition: Edition,
  words: Words,
  unsigned: string = words.unsigned,
): Html {
  return html`${section(words.signatures, signatureTable(signatures, edition, words, unsigned))}${section(
    words.checking,
    html`<p>${words.rendering}</p>\n`,
    facts([
      [words.file, code(edition.name)],
      [words.fileDigest, code(sha256Hex(bytes))],
    ]),
    html`<p>${words.checkDigest}</p>\n<pre><code>sha256sum ${shellWord(edition.name)}</code></pre>\n`,
    signatures.length === 0 ? undefined : signatureCommands(signatures, edition, words),
  )}`
}

function signatureTable(
  signatures: readonly DocumentSignature[],
  edition: Edition,
  words: Words,
  unsigned: string,
): Html {
  if (signatures.length === 0) return html`<p class="verdict open">${unsigned}</p>\n`
  return table(
    undefined,
    [words.signer, words.signerKey, words.signedAt],
    signatures.map((s) => [
      s.signer ?? edition.names?.get(s.fingerprint) ?? words.unnamed,
      code(s.fingerprint),
      s.signedAt === undefined ? words.unstated : time(s.signedAt, words),
    ]),
  )
}

function signatureCommands(signatures: readonly DocumentSignature[], edition: Edition, words: Words): Html {
  const commands = signatures.map((s) => `gpg --verify ${shellWord(s.name)} ${shellWord(edition.name)}`)
  return html`<p>${words.checkSignature}</p>\n<pre><code>${commands.join('\n')}</code></pre>\n`
}
