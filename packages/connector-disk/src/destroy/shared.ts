import { sep } from 'node:path'
import type { SourceSpec } from '@restitute/core'
import { realFolder } from '../image/places.ts'
import { filesOf, type Machine } from '../machine/machine.ts'
import { namedByOthers } from '../machine/named-by-others.ts'
import { usedByOthers } from '../machine/used-by-others.ts'
import { parseUrl } from '../url.ts'

/**
 * Files of a machine that others use, too: all that lie in a folder declared for shared backing files, and those that
 * other images beside the machine's are based on, or the descriptions of other machines name.
 */
export async function sharedFiles(machine: Machine, { url }: SourceSpec): Promise<ReadonlySet<string>> {
  const declared = parseUrl(url)
  const templates = await Promise.all(declared.backing.map(realFolder))
  const own = machine.members.flatMap(filesOf)
  const elsewhere = own.filter((file) => templates.some((folder) => file.startsWith(folder + sep)))
  const used = new Set([...(await usedByOthers(machine, declared)), ...(await namedByOthers(machine))])
  return new Set([...elsewhere, ...own.filter((file) => used.has(file))])
}
