import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKey, type PrivateKey, type PublicKey, readPrivateKey, readPublicKey } from '@restitute/seal'

/** When everything in these tests happens. */
export const noon: Date = new Date('2024-11-22T12:00:00Z')

/** A person with a key. */
export async function newPerson(name: string, expiresInSeconds?: number): Promise<PrivateKey> {
  const made = await generateKey({
    name,
    email: `${name}@example.org`,
    at: new Date('2024-01-01T00:00:00Z'),
    ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
  })
  return readPrivateKey(Buffer.from(made.privateKey))
}

/** Signs a file a month after the life of the key, as gpg does when its expiry was lifted; returns the key. */
export async function signTooLate(path: string): Promise<PublicKey> {
  const home = mkdtempSync(join(tmpdir(), 'gpg-'))
  const gpg = (when: string, ...args: string[]): Buffer => {
    const fixed = ['--homedir', home, '--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', '']
    const run = spawnSync('gpg', [...fixed, '--faked-system-time', `${when}T000000`, ...args])
    if (run.status !== 0) throw new Error(run.stderr.toString())
    return run.stdout
  }
  try {
    gpg('20240101', '--quick-gen-key', 'Brief <brief@example.org>', 'ed25519', 'sign,cert', '30d')
    const key = await readPublicKey(gpg('20240101', '--export'))
    gpg('20240102', '--quick-set-expire', key.fingerprint, '0')
    writeFileSync(
      `${path}.${key.fingerprint}.asc`,
      gpg('20240301', '--armor', '--detach-sign', '--output', '-', path),
    )
    return key
  } finally {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    rmSync(home, { recursive: true, force: true })
  }
}
