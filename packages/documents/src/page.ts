import type { DocumentHead, Fingerprint, IsoTime } from '@restitute/manifest'
import { wordsOf } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { style } from './style.ts'
import type { Words } from './words-fr.ts'

/** A detached signature file of the document, as it was verified. */
export interface DocumentSignature {
  /** File name. */
  readonly name: string
  readonly fingerprint: Fingerprint
  /** Claimed by the signer. */
  readonly signedAt?: IsoTime
  /** User id of the key. */
  readonly signer?: string
}

/** How a page is printed, and what the document itself does not hold. */
export interface Edition {
  readonly language: 'fr' | 'en'
  /** The HDS requirement as the contract's profile numbers it: `EXI 32 (2022 draft)`, `EXI 27 (v2.0)`. */
  readonly requirement: string
  /** File name of the signed JSON document, for the commands that check it. */
  readonly name: string
  /** Names of the parties, for documents that do not hold them (the receipt). */
  readonly parties?: { readonly host?: string; readonly client?: string }
  /** Names of persons by key; a document holds fingerprints only. */
  readonly names?: ReadonlyMap<Fingerprint, string>
}

/** A whole page. Self-contained: its policy forbids scripts and anything fetched. */
export function page(
  head: DocumentHead,
  edition: Edition,
  title: string,
  body: (words: Words) => Piece,
): string {
  const words = wordsOf(edition.language)
  return html`<!doctype html>
<html lang="${edition.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${head.contract.reference}</title>
<style>${{ markup: style }}</style>
</head>
<body>
${head.demonstration ? demonstration(words) : undefined}<main>
<h1>${title}</h1>
${body(words)}</main>
</body>
</html>
`.markup
}

function demonstration(words: Words): Html {
  return html`<div class="watermark" aria-hidden="true">${words.demonstration}</div>
<div class="demonstration" role="note"><strong>${words.demonstration}</strong>${words.demonstrationNote}</div>
`
}
