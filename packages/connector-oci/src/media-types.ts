/** Media types of manifests that are followed, OCI's and Docker's. */
export const imageTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.artifact.manifest.v1+json',
]

/** Media types of manifests that list other manifests. */
export const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]

/** The media type of an OCI index. */
export const ociIndex = 'application/vnd.oci.image.index.v1+json'

/** Docker schema 1: its digest is not that of its bytes, so nothing can prove it. */
export function isSchema1(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.docker.distribution.manifest.v1+')
}

/** Whether something of this type is a manifest or an index. */
export function isManifestType(mediaType: string): boolean {
  return imageTypes.includes(mediaType) || indexTypes.includes(mediaType)
}

/** Layers that registries are not supposed to hold. */
export function isForeign(mediaType: string): boolean {
  return mediaType.includes('nondistributable') || mediaType.includes('.foreign.')
}

/** What we accept as an answer for a manifest. Schema 1 is named so that it is seen and reported. */
export const acceptedManifests: string = [
  ...imageTypes,
  ...indexTypes,
  'application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1',
  'application/json;q=0.1',
].join(', ')
