import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a run of gpg gave. */
export interface GpgResult {
  readonly exit: number | null
  readonly out: Buffer
  readonly status: string
}

/** A GnuPG home of its own. */
export interface Gpg extends Disposable {
  readonly home: string
  run(args: readonly string[], input?: Uint8Array | string): GpgResult
  /** Runs and insists on success. */
  must(args: readonly string[], input?: Uint8Array | string): Buffer
  /** Makes a key with an encryption subkey; returns its fingerprint in lower case. */
  makeKey(user: string, primary: string, subkey?: string, options?: readonly string[]): string
}

/** Starts an empty GnuPG home with the machine's gpg. */
export function startGpg(): Gpg {
  const home = mkdtempSync(join(tmpdir(), 'gpg-'))
  const fixed = ['--homedir', home, '--batch', '--no-tty', '--pinentry-mode', 'loopback', '--status-fd', '2']
  const run: Gpg['run'] = (args, input = '') => {
    const secret = args.includes('--passphrase') ? [] : ['--passphrase', '']
    const all = [...fixed, '--trust-model', 'always', ...secret, ...args]
    const { status: exit, stdout: out, stderr } = spawnSync('gpg', all, { input, maxBuffer: 1 << 30 })
    return { exit, out, status: stderr.toString() }
  }
  const must: Gpg['must'] = (args, input) => {
    const result = run(args, input)
    if (result.exit !== 0) throw new Error(`gpg ${args.join(' ')}: ${result.status}`)
    return result.out
  }
  const makeKey: Gpg['makeKey'] = (user, primary, subkey, options = []) => {
    must([...options, '--quick-gen-key', user, primary, 'sign,cert', '0'])
    const fingerprint =
      /^fpr:+([0-9A-F]{40})/m.exec(must(['--with-colons', '-K', user]).toString())?.[1] ?? ''
    if (subkey) must([...options, '--quick-add-key', fingerprint, subkey, 'encr', '0'])
    return fingerprint.toLowerCase()
  }
  const stop = (): void => {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    rmSync(home, { recursive: true, force: true })
  }
  return { home, run, must, makeKey, [Symbol.dispose]: stop }
}
