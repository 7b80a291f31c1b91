// What a thread that reads volumes needs, without what judges them.
export { readPieces, type VolumePiece } from './pieces.ts'
export { type FileDigest, fileDigest } from './workers.ts'
