import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { addDuration, parseDuration, RestituteError, systemCode } from '@restitute/core'
import { generateKey } from '@restitute/seal'
import { type CommandDefinition, text } from '../command.ts'
import { newPassphrase } from '../passphrase.ts'
import type { Outcome, Session } from '../session.ts'

/** What `keygen` is told. */
export interface KeygenOptions {
  readonly name: string
  readonly email: string
  readonly out: string
  /** Base of the file names; default: the e-mail address before its `@`. */
  readonly file?: string
  readonly passphrase?: string
  /** ISO 8601 duration after which the key expires; default: never. */
  readonly expires?: string
}

/** Makes an OpenPGP key pair that meets the policy: `<file>.asc` (public), `<file>.key` (private), `<file>.rev`. */
export async function keygen(session: Session, options: KeygenOptions): Promise<Outcome> {
  const at = session.clock.now()
  const base = resolve(options.out, options.file ?? options.email.split('@')[0] ?? 'key')
  const files = { private: `${base}.key`, public: `${base}.asc`, revocation: `${base}.rev` }
  for (const path of Object.values(files))
    if (existsSync(path)) throw cannotWrite(path, ': it exists already')
  const pair = await generateKey({
    name: options.name,
    email: options.email,
    at,
    ...(options.expires === undefined ? {} : { expiresInSeconds: secondsFrom(at, options.expires) }),
    ...(options.passphrase ? { passphrase: options.passphrase } : {}),
  })
  await mkdir(options.out, { recursive: true })
  await writeNew(files.private, pair.privateKey, 0o600)
  await writeNew(files.public, pair.publicKey, 0o644)
  await writeNew(files.revocation, pair.revocation, 0o600)
  return {
    exit: 0,
    json: { fingerprint: pair.fingerprint, ...files },
    lines: [
      `fingerprint  ${pair.fingerprint}`,
      `private key  ${files.private}${options.passphrase ? '' : '  (not locked by a passphrase)'}`,
      `public key   ${files.public}`,
      `revocation   ${files.revocation}  (keep it apart)`,
      `contract     beside the path of the key: fingerprint: "${pair.fingerprint}"`,
    ],
  }
}

function secondsFrom(at: Date, duration: string): number {
  return (addDuration(at, parseDuration(duration)).getTime() - at.getTime()) / 1000
}

async function writeNew(path: string, content: string, mode: number): Promise<void> {
  await writeFile(path, content, { flag: 'wx', mode }).catch((cause: unknown) => {
    throw cannotWrite(path, ` (${systemCode(cause) ?? 'unknown reason'})`, cause)
  })
}

function cannotWrite(path: string, why: string, cause?: unknown): RestituteError {
  return new RestituteError('usage', `cannot write ${path}${why}`, {
    cause,
    hint: 'name another place with --out, or other files with --file',
  })
}

/** `restitute keygen`. */
export const keygenCommand: CommandDefinition = {
  name: 'keygen',
  args: '',
  summary: 'make an OpenPGP key pair that meets the policy',
  options: [
    { flags: '--name <name>', description: 'name in the key', required: true },
    { flags: '--email <email>', description: 'e-mail address in the key', required: true },
    { flags: '--out <dir>', description: 'folder for the files', default: '.' },
    { flags: '--file <base>', description: 'base of the file names (default: the address before its @)' },
    { flags: '--expires <duration>', description: 'ISO 8601, for instance P3Y (default: never)' },
    { flags: '--no-passphrase', description: 'leave the private key unlocked' },
  ],
  examples: [
    'restitute keygen --name "Centre hospitalier" --email dpo@chu.example --out keys',
    'restitute keygen --name "Camille Martin" --email c.martin@host.example --out keys --passphrase-file secret.txt',
  ],
  run: async (session, _args, options) => {
    const unlocked = options['passphrase'] === false
    const passphrase = unlocked ? undefined : await newPassphrase(text(options, 'passphraseFile'))
    const file = text(options, 'file')
    const expires = text(options, 'expires')
    return keygen(session, {
      ...(expires === undefined ? {} : { expires }),
      name: text(options, 'name') ?? '',
      email: text(options, 'email') ?? '',
      out: text(options, 'out') ?? '.',
      ...(file === undefined ? {} : { file }),
      ...(passphrase === undefined ? {} : { passphrase }),
    })
  },
}
