export { type BagDirectory, type BagSource, type BagTally, bagEntries } from './bag.ts'
export { compareDigest } from './ciphertext.ts'
export type { DirectoryEntry } from './directory-attributes.ts'
export { directoryDestination } from './directory-destination.ts'
export { type Extraction, extractPackage } from './extract-package.ts'
export { type ExtractWatch, extractVolume, type VolumeExtracted } from './extract-volume.ts'
export { type ExtractWorkers, extractHere, type VolumeTask } from './extract-workers.ts'
export { indexName, volumeName } from './names.ts'
export {
  openPackage,
  type Package,
  type PackageSignature,
  type SignedManifest,
  signedManifest,
} from './open-package.ts'
export { longestIndexLine, readIndex, readIndexInGroups } from './read-index.ts'
export { readVolume, readVolumeInGroups } from './read-volume.ts'
export { type PackageToSeal, sealPackage } from './seal-package.ts'
export { storeBytes } from './store.ts'
export type { EntryRecord, VolumeEntry } from './types.ts'
export { type IndexSource, writeIndex } from './write-index.ts'
export { type VolumeSource, type WrittenVolume, writeVolume } from './write-volume.ts'
