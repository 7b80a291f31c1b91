import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type WrittenDocument, writeDocuments } from './hospital-documents.ts'
import { writeRecord } from './hospital-record.ts'
import { randomOf } from './random.ts'

/** How large a hospital, and which one. */
export interface HospitalOptions {
  /** The same seed gives the same contents, byte by byte. */
  readonly seed: number
  /** About 50 rows of the patient record each. */
  readonly patients: number
  /** Regular files of the document tree. */
  readonly documents: number
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void
}

/** What was generated, and where. */
export interface Hospital {
  /** Path of the patient record, a SQLite database. */
  readonly database: string
  /** Path of the root of the document tree. */
  readonly documents: string
  /** Rows of the record's ordinary tables. */
  readonly rows: number
  /** Regular files of the tree. */
  readonly files: number
  /** Of the record and of all documents. */
  readonly bytes: number
}

/**
 * Generates a synthetic hospital in `dir` (created; `record.db` and `documents` must not be there yet): a patient
 * record and a tree of documents, both full of values and names that are legal and awkward. Names are invented
 * and look it. For the demonstration and for tests.
 */
export async function generateHospital(dir: string, o: HospitalOptions): Promise<Hospital> {
  const database = join(dir, 'record.db')
  const documents = join(dir, 'documents')
  const random = randomOf(o.seed)
  const total = o.patients * 50 + o.documents * 20
  await mkdir(dir, { recursive: true })
  const tally = { files: 0, bytes: 0 }
  const written = counted(writeDocuments(documents, randomOf(o.seed + 1), countsOf(o)), tally, (files) =>
    o.onProgress?.((o.patients * 50 + files * 20) / total),
  )
  const onPatient = (done: number): void => o.onProgress?.((done * 50) / total)
  const rows = await writeRecord(database, random, { patients: o.patients, documents: written, onPatient })
  const bytes = tally.bytes + (await stat(database)).size
  return { database, documents, rows, files: tally.files, bytes }
}

function countsOf(o: HospitalOptions): { patients: number; count: number } {
  return { patients: o.patients, count: o.documents }
}

async function* counted(
  documents: AsyncIterable<WrittenDocument>,
  tally: { files: number; bytes: number },
  onFile: (files: number) => void,
): AsyncIterable<WrittenDocument> {
  for await (const document of documents) {
    tally.files++
    tally.bytes += document.bytes
    onFile(tally.files)
    yield document
  }
}
