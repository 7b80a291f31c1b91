import type { Package } from '@restitute/archive'
import type { Progress } from '@restitute/core'
import { sha256Hex } from '@restitute/manifest'
import { type Delivered, deliverPackage } from '../deliver.ts'
import { manifestFile, packageFiles } from '../package-files.ts'
import { refuseTaken } from '../refuse-taken.ts'
import { type Medium, type MediumPlan, mediumList } from './plan.ts'

/** What a medium got. */
export interface DeliveredMediumFiles extends Delivered {
  readonly serial: string
  /** Name of its own list, beside the folders of the packages: `<serial>.sha256`. */
  readonly list: string
  /** Of that list. */
  readonly listSha256: string
}

/**
 * Fills one medium as planned: first its own list, which `sha256sum -c` checks on the medium, then every package as far
 * as it goes here, each file read back. Called again, it goes on. Throws what `deliverPackage` throws.
 */
export async function deliverMedium(
  plan: MediumPlan,
  packages: readonly Package[],
  o: { readonly rate?: number; readonly signal: AbortSignal; readonly progress?: Progress },
): Promise<DeliveredMediumFiles> {
  const { medium } = plan
  for (const found of packages) {
    const to = await medium.folderOf(found.manifest.package)
    // Before the list: by that of another delivery what lies there is checked.
    await refuseTaken(to, { all: await packageFiles(found), manifest: manifestFile(found) }, o.signal)
  }
  const listSha256 = await writeMediumList(plan)
  const total = { files: 0, bytes: 0, skipped: 0 }
  for (const found of packages) {
    const { package: name } = found.manifest
    const to = await medium.folderOf(name)
    const only = new Set((plan.files.get(name) ?? []).map((file) => file.name))
    const done = await deliverPackage({ package: found, to, only, ...o })
    total.files += done.files
    total.bytes += done.bytes
    total.skipped += done.skipped
  }
  return { serial: medium.serial, list: mediumList(medium), listSha256, ...total }
}

/** Writes the list of what is planned for a medium, by which it is known again; gives its SHA-256. */
export async function writeMediumList(plan: MediumPlan): Promise<string> {
  const bytes = Buffer.from(listOf(plan))
  await write(plan.medium, mediumList(plan.medium), bytes)
  return sha256Hex(bytes)
}

function listOf({ files }: MediumPlan): string {
  const lines = [...files].flatMap(([name, all]) => all.map((f) => `${f.sha256}  ${name}/${f.name}\n`))
  return lines.join('')
}

async function write({ root }: Medium, name: string, bytes: Uint8Array): Promise<void> {
  await using file = await root.create(name)
  await file.write(bytes)
  await file.commit()
}
