import type { DeliveredMedium } from '@restitute/dossier'
import type { Contract, CopyKind, Instance, PackageRef, SourceTerms } from '@restitute/manifest'

/** A package that still lies in one of the host's destinations: a copy like any other. */
export interface StoredPackage extends PackageRef {
  /** Name of the destination in the contract. */
  readonly destination: string
  /** URL of the package's own folder, for instance `directory:/mnt/out/R1-0001`. */
  readonly url: string
}

/** One copy that the contract, or the export itself, made known (R33). */
export interface Copy {
  /** Unique in the register: a source's or a declared copy's name, `<destination>/<package>`, `work`. */
  readonly name: string
  readonly kind: CopyKind
  /** Code of its instance; {@link stagingInstance} for what Restitute made. */
  readonly instance: string
  /** ISO 3166-1 alpha-2; `ZZ` where nobody declared it. */
  readonly country: string
  /** How a source is reached, for kind `source`. */
  readonly source?: SourceTerms
  /** URL of a package's folder, or path of the work folder. */
  readonly url?: string
  /** The package that it is, for kind `package`. */
  readonly package?: PackageRef
  /** Who holds it, when it is not for Restitute to destroy. */
  readonly heldBy?: string
  /** ISO 8601 duration after which rotation has removed it. */
  readonly rotation?: string
}

/** The instance of packages and work folder: the export itself is a new place that holds the data. */
export const stagingInstance = 'STAGING'

/** Name of the work folder in the register. */
export const workCopy = 'work'

/**
 * The register of copies, in the order in which they are destroyed: sources first, then packages, the work folder
 * (its journal is needed to compare the sources) last; then what others destroy, delivered media among them.
 * Sources that the contract excludes are no copies: they are never touched. An operation that is limited to some
 * sources has no others, and leaves the work folder to those that still need it.
 */
export function copiesOf(
  contract: Contract,
  packages: readonly StoredPackage[],
  workDir: string,
  operation: OperationCopies = {},
): readonly Copy[] {
  const { sources, media = [] } = operation
  const work: Copy = { name: workCopy, kind: 'work', instance: stagingInstance, country: 'ZZ', url: workDir }
  return [
    ...contract.instances.flatMap(sourcesOf).filter(({ name }) => sources?.includes(name) ?? true),
    ...packages.map((stored) => packageCopy(contract, stored)),
    ...(sources === undefined ? [work] : []),
    ...contract.instances.flatMap(declaredOf),
    ...media.map(mediumCopy),
  ]
}

/** What the register takes from an operation. */
export interface OperationCopies {
  /** The sources that it is limited to; absent: all. */
  readonly sources?: readonly string[]
  /** On which its packages were handed over. */
  readonly media?: readonly DeliveredMedium[]
}

/** Whoever has it, and where, is for its holder to say. */
function mediumCopy({ name, recipient, carrier }: DeliveredMedium): Copy {
  const heldBy = recipient ?? carrier
  return {
    ...{ name, kind: 'medium', instance: stagingInstance, country: 'ZZ' },
    ...(heldBy === undefined ? {} : { heldBy }),
  }
}

/** Whether Restitute itself can destroy the copy; the others are deferred or declared. */
export function isActedOn(copy: { readonly kind: CopyKind }): boolean {
  return copy.kind === 'source' || copy.kind === 'package' || copy.kind === 'work'
}

function sourcesOf(instance: Instance): Copy[] {
  return (instance.sources ?? []).filter(isIncluded).map((source) => ({
    name: source.name,
    kind: 'source',
    instance: instance.code,
    country: instance.country,
    source,
  }))
}

function isIncluded(source: SourceTerms): boolean {
  return source.excluded === undefined
}

function packageCopy(contract: Contract, stored: StoredPackage): Copy {
  const terms = contract.destinations.find(({ name }) => name === stored.destination)
  return {
    name: `${stored.destination}/${stored.package}`,
    kind: 'package',
    instance: stagingInstance,
    country: terms?.country ?? 'ZZ',
    url: stored.url,
    package: { package: stored.package, manifestSha256: stored.manifestSha256 },
  }
}

function declaredOf(instance: Instance): Copy[] {
  return (instance.copies ?? []).map((copy) => ({
    name: copy.name,
    kind: copy.kind,
    instance: instance.code,
    country: instance.country,
    ...(copy['held-by'] === undefined ? {} : { heldBy: copy['held-by'] }),
    ...(copy.rotation === undefined ? {} : { rotation: copy.rotation }),
  }))
}
