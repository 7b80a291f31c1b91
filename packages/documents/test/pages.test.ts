import { type Certificate, sha256Hex } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { certificateHtml, receiptHtml } from '../src/index.ts'
import { certificate, edition, finalCertificate, keptMedium, receipt, signatures } from './fixtures.ts'

const bytes = new TextEncoder().encode('{"any":"bytes"}')
const languages = ['fr', 'en'] as const
const certificatePage = (language: 'fr' | 'en', document = certificate): string =>
  certificateHtml(document, bytes, signatures, edition(language))
const receiptPage = (language: 'fr' | 'en', document = receipt): string =>
  receiptHtml(document, bytes, signatures, edition(language))

describe.each(languages)('every page (%s)', (language) => {
  const pages = [certificatePage(language), receiptPage(language)]

  it('is one self-contained page: no script, nothing fetched', () => {
    for (const page of pages) {
      expect(page).toMatch(/^<!doctype html>/)
      expect(page).toContain("default-src 'none'")
      expect(page).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|src=|href=|https?:/i)
    }
  })

  it('says its language, has one title, and marks every table heading', () => {
    for (const page of pages) {
      expect(page).toContain(`<html lang="${language}">`)
      expect(page.match(/<h1>/g)).toHaveLength(1)
      expect(page.match(/<th(?=[ >])/g)?.length).toBe(page.match(/<th scope="(col|row)"/g)?.length)
      expect(page).toContain('@page { size: A4')
    }
  })

  it('gives the digest of the JSON and the commands that check it', () => {
    for (const page of pages) {
      expect(page).toContain(sha256Hex(bytes))
      expect(page).toContain('sha256sum certificate-R1-1.json')
      expect(page).toContain(`gpg --verify ${signatures[0]?.name} certificate-R1-1.json`)
      expect(page).toContain('EXI 27 (HDS v2.0)')
    }
  })

  it('leaves nothing untranslated or undefined', () => {
    for (const page of pages) expect(page).not.toMatch(/undefined|\[object|NaN|Invalid Date/)
  })

  it('never calls anything irrecoverable', () => {
    for (const page of pages) expect(page).not.toMatch(/irr[eé]cup[eé]rable|irrecoverable/i)
  })

  it('carries a demonstration mark only where the document does', () => {
    const mark = language === 'fr' ? 'DÉMONSTRATION' : 'DEMONSTRATION'
    for (const page of pages) expect(page).not.toContain(mark)
    expect(certificatePage(language, { ...certificate, demonstration: true })).toContain(mark)
    expect(receiptPage(language, { ...receipt, demonstration: true })).toContain(mark)
  })
})

it('cites the limits in the language of the page: an English one has no French sentence', () => {
  const limits = ['Copies that neither the contract nor the order names are not covered.']
  const [french, english] = languages.map((language) => certificatePage(language, { ...certificate, limits }))
  expect(english).toContain(limits[0])
  expect(french).not.toContain(limits[0])
  expect(french).toContain('ne sont pas couvertes')
  expect(english).not.toContain('ne sont pas couvertes')
})

describe('the receipt', () => {
  it('says decision, consent and losses', () => {
    const page = receiptPage('fr')
    expect(page).toContain('<h1>Accusé de réception de restitution</h1>')
    expect(page).toContain('La restitution est acceptée sans réserve.')
    expect(page).toContain('Le client consent à la destruction')
    expect(page).toContain('read error')
    expect(page).toContain('5'.repeat(64))
    expect(page).toMatch(/1\u202f204/)
  })

  it('says refusal, its reasons and the absence of consent', () => {
    const page = receiptPage('en', {
      ...receipt,
      decision: 'refused',
      reservations: ['two tables are missing'],
      consent: { destruction: false, accepts: [] },
    })
    expect(page).toContain('The returned data are refused.')
    expect(page).toContain('two tables are missing')
    expect(page).toContain('does not consent to destruction')
    expect(page).not.toContain('consents to the destruction of every')
  })

  it('says when nobody has signed', () => {
    expect(receiptHtml(receipt, bytes, [], edition('en'))).toContain('this document binds nobody')
  })
})

describe('the certificate', () => {
  it('says partial and how many copies are open, or final', () => {
    expect(certificatePage('fr')).toContain('<h1>Certificat de destruction — partiel</h1>')
    expect(certificatePage('en')).toContain('6 of 9 copies are still open')
    expect(certificatePage('fr', finalCertificate)).toContain('<h1>Certificat de destruction — final</h1>')
    expect(certificatePage('en', finalCertificate)).toContain('None of the copies listed is still')
  })

  it('says of a final certificate which copies the client keeps', () => {
    const copies = [...finalCertificate.copies, keptMedium]
    const kept: Certificate = { ...finalCertificate, schema: 'restitute/certificate/v2', copies }
    const page = certificatePage('en', kept)
    expect(page).toContain('But for one handed over to the client, who keeps it, none of the copies listed')
    expect(page).toContain('<h2>Copies handed over to the client, who keeps them</h2>')
    expect(page).not.toContain('rests on a declaration')
    expect(certificatePage('fr', kept)).toContain('Hormis une copie remise au client, qui la garde, aucune')
  })

  it('says of a final certificate what rests on a declaration alone', () => {
    const copies = certificate.copies.filter(({ name }) => name === 'records' || name === 'tapes')
    const page = certificatePage('en', { ...finalCertificate, copies })
    expect(page).toContain('That 1 copy is gone rests on a declaration alone')
    expect(certificatePage('en', finalCertificate)).not.toContain('on a declaration')
  })

  it.each([
    ['holder', 'le détenteur, clé', 'the holder, key'],
    ['host', 'une personne de l’hébergeur, qui répond', 'a person of the host, who answers'],
  ] as const)('says whose word a declaration is (%s), what it says and when', (word, french, english) => {
    const declaration = {
      at: '2026-11-24T08:00:00Z',
      word,
      wordOf: 'a1'.repeat(20),
      holder: 'Bravo & Cie',
      method: 'tapes shredded',
      endedAt: '2026-11-23T16:00:00Z',
    } as const
    const tapes = certificate.copies.filter(({ name }) => name === 'tapes')
    const copies = tapes.map((one) => ({ ...one, declaration }))
    const pages = languages.map((language) => certificatePage(language, { ...finalCertificate, copies }))
    for (const [i, page] of pages.entries()) {
      expect(page).toContain(i === 0 ? french : english)
      for (const said of [
        'a1'.repeat(20),
        'Bravo &amp; Cie',
        'tapes shredded',
        declaration.endedAt,
        declaration.at,
      ])
        expect(page).toContain(said)
      // Where a person of the host answers for it, it is neither a third party's nor the holder's word.
      expect(page).not.toMatch(/by a third party|par un tiers|seule parole du détenteur|of the holder alone/)
    }
  })

  it('says when the order has left copies alone', () => {
    const copies = certificate.copies.filter(({ name }) => name === 'records')
    const limits = ['Copy "tapes" is not covered by the order.']
    const left = { ...finalCertificate, status: 'partial', copies, limits } as const
    expect(certificatePage('en', left)).toContain('leaves copies of the signed scope alone')
    expect(certificatePage('fr', left)).toContain('La copie « tapes » n’est pas couverte par l’ordre.')
  })

  it('marks a limit that it has no French for', () => {
    const limits = ['A <limit> of some new connector.']
    const page = certificatePage('fr', { ...finalCertificate, limits })
    expect(page).toContain('<span lang="en">A &lt;limit&gt; of some new connector.</span>')
  })

  it('says of a country that nobody declared that it is not declared', () => {
    const [copy] = finalCertificate.copies
    const page = certificatePage('fr', { ...finalCertificate, copies: [{ ...copy!, country: 'ZZ' }] })
    expect(page).toContain('PRIM, non déclaré')
  })

  it('keeps what is open visible when a document is wrongly called final', () => {
    const page = certificatePage('en', { ...certificate, status: 'final' })
    expect(page).toContain('6 of 9 copies are still open')
  })

  it('names deletion for what it is', () => {
    expect(certificatePage('en')).toContain('deletion, no sanitization claimed')
    expect(certificatePage('fr')).toContain('suppression, sans prétention d’effacement sécurisé')
  })

  it('tells the outcomes apart, each copy under its own', () => {
    const sections = certificatePage('en').split('<h2>')
    const under = (heading: string): string => sections.find((s) => s.startsWith(heading)) ?? ''
    expect(under('Copies destroyed, then observed absent')).toContain('<h3>records</h3>')
    expect(under('Copies destroyed, absence not checked')).toContain('<h3>work</h3>')
    expect(under('Copies observed absent')).toContain('<h3>old-replica</h3>')
    expect(under('Copies declared destroyed')).toContain('<h3>tapes</h3>')
    expect(under('Copies deferred')).toContain('27 December 2026')
    expect(under('Copies shared and kept')).toContain('<h3>shared-layers</h3>')
    const archive = under('Copies retained by legal obligation')
    expect(archive).toContain('<h3>archive</h3>')
    expect(archive).toContain('1,204 under a lock or a hold that forbids deletion, the last until <time')
    expect(archive).toContain('lifted by order')
    expect(under('Copies that could not be checked')).toContain('<h3>offsite</h3>')
    expect(under('Copies not destroyed')).toContain('copy present')
  })

  it('names persons only where a name is given, and always by key', () => {
    const page = certificatePage('en')
    expect(page).toContain('Bruno Exemple')
    expect(page).toContain('name not given')
    for (const n of [4, 5, 6, 7]) expect(page).toContain(String(n).repeat(40))
  })
})

it('breaks a name longer than the sheet is wide, so that no column is pushed off it; digests stay whole', () => {
  const host = { ...finalCertificate.host, name: 'X'.repeat(300) }
  const page = certificateHtml(
    { ...finalCertificate, host, limits: ['y'.repeat(90)] },
    bytes,
    [],
    edition('en'),
  )
  expect(page).not.toMatch(/X{71}|y{71}/)
  expect(page.replaceAll('<wbr>', '')).toContain(host.name)
  expect(page).toContain(finalCertificate.receiptSha256)
})

describe('hostile text', () => {
  const hostile = '"><script>alert(1)</script>&\u202Egpj\u0007'

  it('is escaped wherever it stands', () => {
    const document = { ...finalCertificate, limits: [hostile], host: { name: hostile, fingerprint: hostile } }
    const page = certificateHtml(document, bytes, [{ name: `${hostile}'`, fingerprint: hostile }], {
      ...edition('en'),
      name: "-it's.json",
      requirement: hostile,
    })
    expect(page).not.toContain('<script')
    for (const c of ['\u202e', '\u0007']) expect(page).not.toContain(c)
    expect(page).toContain('[U+202E]')
    expect(page).toContain('sha256sum &#39;./-it&#39;\\&#39;&#39;s.json&#39;')
  })
})
