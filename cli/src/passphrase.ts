import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { RestituteError, systemCode } from '@restitute/core'

/** How a passphrase is had: from a file when one is named, else by asking on the terminal. */
export function passphraseFrom(file: string | undefined): (label: string) => Promise<string> {
  return file === undefined ? ask : async () => firstLine(file)
}

/** The passphrase for a new key: from the file, else asked for twice. Errors: `usage` when it is empty or not the same twice. */
export async function newPassphrase(file: string | undefined): Promise<string> {
  const passphrase = await passphraseFrom(file)('the new key')
  if (passphrase === '') {
    throw new RestituteError('usage', 'the passphrase for the new key is empty', {
      hint: '--no-passphrase leaves a key unlocked',
    })
  }
  if (file === undefined && (await ask('the new key, again')) !== passphrase)
    throw new RestituteError('usage', 'the two passphrases are not the same')
  return passphrase
}

async function firstLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const why = systemCode(cause) ?? 'unknown reason'
    throw new RestituteError('key-missing', `cannot read the passphrase file ${file} (${why})`, { cause })
  })
  return text.split(/\r?\n/, 1)[0] ?? ''
}

/** Asks without echo; where there is no terminal, says how else to give it. */
async function ask(label: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new RestituteError(
      'passphrase-wrong',
      `a passphrase for ${label} is needed, and there is no terminal to ask on`,
      {
        hint: 'name a file that holds it with --passphrase-file',
      },
    )
  }
  process.stderr.write(`passphrase for ${label}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  // In raw mode the terminal sends no signal by itself.
  const stopped = new AbortController()
  reader.on('SIGINT', () => stopped.abort())
  try {
    return await reader.question('', { signal: stopped.signal })
  } finally {
    reader.close()
    process.stderr.write('\n')
  }
}
