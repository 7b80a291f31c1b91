import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { awkwardTexts, familyNames, givenNames, measurements, oddNames, wards } from './hospital-words.ts'
import { day, type Random } from './random.ts'

/** One written document, as the patient record lists it. */
export interface WrittenDocument {
  /** Relative to the root of the tree. */
  readonly path: string
  readonly kind: 'letter' | 'cda' | 'fhir' | 'image'
  /** Number of the patient, from 1. */
  readonly patient: number
  readonly bytes: number
  readonly sha256: Uint8Array
}

/** Number, family name and given name of a patient; the same in the tree and in the record. */
export interface Patient {
  readonly id: number
  readonly family: string
  readonly given: string
}

/** The patient of a number: names follow from it, so that tree and record agree without a table. */
export function patientOf(id: number): Patient {
  const family = familyNames[(id * 7) % familyNames.length] ?? ''
  const given = givenNames[(id * 3 + Math.floor(id / 10)) % givenNames.length] ?? ''
  return { id, family, given }
}

/**
 * Writes `count` documents below `root` as `<year>/<ward>/<patient>/…`, with links, empty folders and odd names
 * among them. Yields each document once it is written, and yields to the event loop now and then.
 */
export async function* writeDocuments(
  root: string,
  random: Random,
  o: { patients: number; count: number },
): AsyncIterable<WrittenDocument> {
  mkdirSync(root, { recursive: true })
  for (let number = 0; number < o.count; number++) {
    const kind = kindOf(number, o.count)
    const patient = patientOf(1 + random.below(o.patients))
    const path = pathOf(number, kind, patient, random)
    const content = contentOf(kind, number, patient, random)
    write(join(root, path), content)
    yield { path, kind, patient: patient.id, bytes: content.length, sha256: sha256(content) }
    if (number % 256 === 255) await setImmediate()
  }
  writeLinks(root)
}

function kindOf(number: number, count: number): WrittenDocument['kind'] {
  if (number >= count - Math.min(12, Math.floor(count / 50))) return 'image'
  if (number < oddNames.length || number % 5 !== 4) return 'letter'
  return number % 50 === 49 ? 'fhir' : 'cda'
}

const oddFolder = '2024/URG/À classer : divers'

function pathOf(number: number, kind: WrittenDocument['kind'], patient: Patient, random: Random): string {
  const odd = oddNames[number]
  if (odd !== undefined) return `${oddFolder}/${odd}`
  const [ward] = random.pick(wards)
  const year = 2015 + random.below(11)
  if (kind === 'fhir') return `${year}/${ward}/observations-${number}.ndjson`
  const folder = `P${String(patient.id).padStart(6, '0')} ${patient.family} ${patient.given}`
  return `${year}/${ward}/${folder}/${fileNames[kind]}-${number}${extensions[kind]}`
}

const fileNames = { letter: 'Courrier de sortie', cda: 'cr-hospitalisation', image: 'IRM', fhir: '' } as const
const extensions = { letter: '.txt', cda: '.xml', image: '.dcm', fhir: '' } as const

function contentOf(
  kind: WrittenDocument['kind'],
  number: number,
  patient: Patient,
  random: Random,
): Uint8Array {
  if (kind === 'image') return random.bytes(100_000 + random.below(300_000))
  if (kind === 'fhir') return Buffer.from(ndjson(patient, random))
  return Buffer.from(kind === 'cda' ? cda(number, patient, random) : letter(number, patient, random))
}

function letter(number: number, patient: Patient, random: Random): string {
  const paragraphs = Array.from(
    { length: 3 + random.below(12) },
    (_, i) => `${i + 1}. ${random.pick(awkwardTexts) ?? 'Rien à signaler.'} Surveillance poursuivie.`,
  )
  return [
    'CENTRE HOSPITALIER DE DÉMONSTRATION — données synthétiques',
    `Courrier n° ${number}, le ${day(2015, random.below(4000))}`,
    `Concerne : ${patient.given} ${patient.family}`,
    ...paragraphs,
    '',
  ].join('\n\n')
}

function cda(number: number, patient: Patient, random: Random): string {
  const text = escapeXml(random.pick(awkwardTexts) ?? '')
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <id root="2.999.1" extension="${number}"/>
  <title>Compte rendu d'hospitalisation (synthétique)</title>
  <effectiveTime value="${day(2015, random.below(4000)).replaceAll('-', '')}"/>
  <recordTarget><patientRole><id root="2.999.2" extension="${patient.id}"/>
    <patient><name><family>${escapeXml(patient.family)}</family><given>${escapeXml(patient.given)}</given></name></patient>
  </patientRole></recordTarget>
  <component><structuredBody><component><section><text>${text}</text></section></component></structuredBody></component>
</ClinicalDocument>
`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function ndjson(patient: Patient, random: Random): string {
  return Array.from({ length: 20 + random.below(60) }, (_, i) => {
    const [code, unit] = random.pick(measurements)
    const observation = {
      resourceType: 'Observation',
      id: `${patient.id}-${i}`,
      subject: { reference: `Patient/${patient.id}` },
      code: { coding: [{ system: 'http://loinc.org', code }] },
      effectiveDateTime: day(2015, random.below(4000)),
      valueQuantity: { value: random.below(2000) / 10, unit },
      note: [{ text: random.pick(awkwardTexts) ?? '' }],
    }
    return `${JSON.stringify(observation)}\n`
  }).join('')
}

function write(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function writeLinks(root: string): void {
  mkdirSync(join(root, oddFolder), { recursive: true })
  symlinkSync('Radio thorax.txt', join(root, oddFolder, 'dernière radio'))
  symlinkSync(oddFolder, join(root, 'à classer'))
  symlinkSync('../archives/disparu.txt', join(root, 'lien rompu'))
  mkdirSync(join(root, '2026/URG/dossier vide'), { recursive: true })
  mkdirSync(join(root, '2026/GER'), { recursive: true })
}

function sha256(content: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).digest()
}
