import { RestituteError } from '@restitute/core'
import { repositoryAnnotation } from './index-json.ts'
import type { RegistryLocation } from './location.ts'
import type { Descriptor } from './manifest.ts'
import { isRepository, isTag } from './names.ts'

/** Where a descriptor of `index.json` goes. */
export interface Place {
  /** Full name. */
  readonly repository: string
  readonly tag?: string
}

/** The place of a descriptor in a target; throws `restore-failed` when its name does not fit there. */
export function placeOf({ annotations }: Descriptor, target: RegistryLocation): Place {
  const ref = annotations['org.opencontainers.image.ref.name']
  const { repository, tag } =
    ref === undefined ? { repository: annotations[repositoryAnnotation] } : split(ref, target)
  const full = target.repository ?? target.prefix + (repository ?? '')
  if (isRepository(full) && (tag === undefined || isTag(tag))) {
    return { repository: full, ...(tag !== undefined && { tag }) }
  }
  throw unfit(ref ?? 'a manifest without name', target)
}

function split(ref: string, { repository }: RegistryLocation): { repository?: string; tag: string } {
  if (repository !== undefined) return { tag: ref }
  const colon = ref.lastIndexOf(':')
  return { repository: ref.slice(0, Math.max(0, colon)), tag: ref.slice(colon + 1) }
}

function unfit(ref: string, { repository }: RegistryLocation): RestituteError {
  const expected = repository === undefined ? 'names like repository:tag' : 'names that are tags'
  return new RestituteError('restore-failed', `restore: expected ${expected}, got ${ref.slice(0, 300)}`, {
    hint:
      repository === undefined
        ? 'give one repository as the target, or restore to oci:layout:/folder'
        : 'give a target that ends in /, or restore to oci:layout:/folder',
  })
}
