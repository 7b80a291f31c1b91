import { storeBytes } from '@restitute/archive'
import { isoTime } from '@restitute/core'
import { durably } from '../journal/database.ts'
import { getMeta, setMeta } from '../journal/meta.ts'
import { writtenFiles } from './check-kept.ts'
import { type Job, refuseForeign } from './job.ts'

/**
 * Takes the folder of the package before its first volume: since it was found empty another contract may have begun one of the
 * same name there, and each would write over the other's. What takes it is the key of whoever signs, which every package has.
 */
export async function claim(job: Job): Promise<void> {
  const { db, destination, options } = job
  if (getMeta(db, 'claimed') === undefined && writtenFiles(db).length === 0) {
    await refuseForeign(destination, options)
    durably(db, () => setMeta(db, 'claimed', isoTime(options.at.now())))
  }
  const { fingerprint, armored } = options.signer.publicKey
  await storeBytes(destination, `keys/${fingerprint}.asc`, Buffer.from(armored))
}
