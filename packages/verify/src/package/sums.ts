import { asRestituteError } from '@restitute/core'
import { finding } from '../findings.ts'
import { readWhole } from '../read-whole.ts'
import type { Check } from './check.ts'
import { recordsOf } from './files.ts'

const name = 'SHA256SUMS'
const line = /^([0-9a-f]{64}) [ *](.+)$/

/** `SHA256SUMS` must name every volume and index, and nothing that differs from the manifest. */
export async function checkSums(check: Check): Promise<void> {
  if (check.broken.has(name)) return
  const { manifest } = check.package
  const known = new Map(recordsOf(manifest).map((record) => [record.name, record.sha256]))
  const wanted = new Set([...manifest.volumes, ...manifest.indexes].map((record) => record.name))
  const text = await read(check, longestSums(known))
  for (const row of text?.replace(/\n$/, '').split('\n') ?? []) {
    const [, sha256, file = ''] = line.exec(row) ?? []
    if (sha256 === undefined) return differs(check, 'a line is not of the form of sha256sum')
    if (known.get(file) !== sha256) return differs(check, `${file} is not what the manifest says`)
    wanted.delete(file)
  }
  const [missing] = wanted
  if (text !== undefined && missing !== undefined) differs(check, `${missing} is missing`)
}

/** Bytes of a file that names every file of the package once. */
function longestSums(known: ReadonlyMap<string, string>): number {
  return [...known.keys()].reduce((sum, file) => sum + Buffer.byteLength(file) + 67, 0)
}

async function read(check: Check, longest: number): Promise<string | undefined> {
  try {
    return Buffer.from(await readWhole(check.package.destination, name, longest)).toString('utf8')
  } catch (thrown) {
    const { code, message } = asRestituteError(thrown)
    if (code !== 'hostile-input') throw thrown
    differs(check, message)
    return undefined
  }
}

function differs(check: Check, message: string): void {
  check.findings.add(finding('sums-differ', name, message))
}
