// What a thread that reads volumes needs, without what judges them.
export { readPieces } from './pieces.ts'
export { fileDigest } from './workers.ts'
