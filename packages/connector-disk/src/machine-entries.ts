import type { Entry } from '@restitute/core'
import { writeDomain } from './description/domain-write.ts'
import { factsOfJson } from './description/facts.ts'
import { writeOvf } from './description/ovf-write.ts'
import type { Sheet } from './description/sheet.ts'
import { type Member, machineId } from './machine/machine.ts'

/** What whoever defines the domain of a package replaces by the folder in which the bag's `data/` lies. */
const placeholder = '/FOLDER'

/** OVF and libvirt's domain of a machine whose disks are the raw ones of the bag, each of its parts joined. */
export function* machineEntries(members: readonly Member[], modified: bigint): Iterable<Entry> {
  const sheet = sheetOf(members)
  const texts = { 'domain.xml': writeDomain(sheet, placeholder), 'machine.ovf': writeOvf(sheet) }
  for (const [name, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text)
    yield {
      path: `data/${name}`,
      item: machineId,
      type: 'file',
      size: bytes.length,
      mode: 0o600,
      modified,
      async *content() {
        yield bytes
      },
    }
  }
}

function sheetOf(members: readonly Member[]): Sheet {
  const machine = members.find(({ id }) => id === machineId)
  const there = members.filter(({ content }) => content !== undefined)
  return {
    facts: factsOfJson(machine?.facts ?? {}),
    disks: there
      .filter(({ kind }) => kind === 'disk')
      .map(({ id, bagPath, bytes = 0, facts }) => ({
        name: id.replace(/^disk\//, ''),
        href: bagPath,
        format: 'raw',
        bytes,
        ...stringsOf(facts, 'bus', 'device'),
      })),
    files: there
      .filter(({ kind }) => kind !== 'disk' && kind !== 'snapshot')
      .map(({ id, bagPath, bytes = 0 }) => ({ id, href: bagPath, bytes })),
  }
}

/** Those of the named facts that are texts. */
export function stringsOf(
  facts: Readonly<Record<string, unknown>>,
  ...names: readonly string[]
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (typeof facts[name] === 'string' ? [[name, facts[name]]] : [])),
  )
}
