import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Case, openCase, pin } from '../support/case.ts'
import type { DataSet } from './data.ts'
import { type Timing, timed } from './timed.ts'

/** Runs our program from source. */
export const program: string = `${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, '../../cli/bin/restitute.js')}`

/** One data set, ready to be exported by us and by the pipeline of ordinary programs. */
export interface Round extends AsyncDisposable {
  readonly exportByUs: () => Promise<Timing>
  readonly exportByPipeline: () => Promise<Timing>
  /** What it made is put on the disk and read back from there, as we do with every volume. */
  readonly exportByPipelineKept: () => Promise<Timing>
  readonly verifyByUs: () => Promise<Timing>
  readonly verifyByPipeline: () => Promise<Timing>
  readonly extractByUs: () => Promise<Timing>
  readonly extractByPipeline: () => Promise<Timing>
}

/** Sets up a case on one data set. Both sides encrypt to the same two keys and sign with the same one. */
export async function openRound(data: string, set: DataSet): Promise<Round> {
  const c = await openCase({ sources: async () => [{ name: set, url: `files:${join(data, set)}` }] })
  await pin(c)
  const keys = join(c.root, 'keys')
  const env = await gpgHome(c)
  return {
    exportByUs: async () => {
      await forget(c)
      return timed(exportCommand(c), c.root)
    },
    exportByPipeline: () => timed(pipeline(join(data, set)), c.root, env),
    exportByPipelineKept: () => timed(`${pipeline(join(data, set))} && ${kept}`, c.root, env),
    verifyByUs: async () => {
      const path = join(c.vault, 'R1-0001')
      return timed(
        `${program} verify --quiet ${path} --signer ${keys}/operator.asc --key ${c.keyFile('client-1')}`,
        c.root,
      )
    },
    verifyByPipeline: () =>
      timed(
        'sha256sum all.tar.zst.pgp && gpg -q --batch --decrypt all.tar.zst.pgp | zstd -d -q > /dev/null',
        c.root,
        env,
      ),
    extractByUs: () =>
      timed(
        `${program} extract --quiet ${join(c.vault, 'R1-0001')} --to extracted --signer ${keys}/operator.asc --key ${c.keyFile('client-1')}`,
        c.root,
      ),
    extractByPipeline: () =>
      timed(
        'mkdir untarred && gpg -q --batch --decrypt all.tar.zst.pgp | zstd -d -q | tar -C untarred -x',
        c.root,
        env,
      ),
    [Symbol.asyncDispose]: () => c[Symbol.asyncDispose](),
  }
}

/** The export of a case as a shell command. */
export function exportCommand(c: Case): string {
  return `${program} export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`
}

/** The environment of a gpg that has the keys of a case. */
export async function gpgHome(c: Case): Promise<NodeJS.ProcessEnv> {
  const env = { GNUPGHOME: join(c.root, 'gnupg') }
  const keys = join(c.root, 'keys')
  const imported = `gpg -q --batch --import ${keys}/operator.key ${keys}/client-1.key ${keys}/client-2.asc`
  await timed(`mkdir -m 700 gnupg && ${imported}`, c.root, env)
  return env
}

/** A folder into one sealed file, by ordinary programs. */
export function pipeline(folder: string): string {
  return `tar -C ${folder} -c . | zstd -q -T0 -3 | ${sealer}`
}

/** What seals standard input as `all.tar.zst.pgp`, by gpg. */
export const sealer: string =
  'gpg -q --batch --yes -z0 --sign --encrypt -u operator@demo.example -r client-1@demo.example -r client-2@demo.example --trust-model always -o all.tar.zst.pgp'

const kept =
  'sync all.tar.zst.pgp && dd status=none if=all.tar.zst.pgp iflag=nocache count=0 && sha256sum all.tar.zst.pgp'

/** Takes back an earlier export, so that the next one begins anew: the ledger of a case that nobody destroys under. */
export async function forget(c: Case): Promise<void> {
  await rm(c.vault, { recursive: true, force: true })
  await mkdir(c.vault)
  await rm(join(c.dossier, 'work'), { recursive: true, force: true })
  for (const name of await readdir(c.dossier)) if (name.startsWith('ledger')) await rm(join(c.dossier, name))
  await pin(c)
}
