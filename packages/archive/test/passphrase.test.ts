import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKey, readPrivateKey } from '@restitute/seal'
import { describe, expect, it, onTestFinished } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { temporaryFolder } from './helpers.ts'
import { newPerson, type Person, samplePackage, sampleSources } from './sample-package.ts'

const passphrase = 'one for the safe'

/** What gpg-agent starts to ask for a passphrase: it can only where it is told of a terminal. */
const pinentry = `#!/bin/sh
terminal=
echo OK
while read -r line; do
  case $line in
    'OPTION ttyname=/dev/'*) terminal=yes; echo OK ;;
    GETPIN*) if [ "$terminal" ]; then echo 'D ${passphrase}'; echo OK; else echo 'ERR 83918950 no terminal'; fi ;;
    BYE*) echo OK; exit ;;
    *) echo OK ;;
  esac
done
`

async function lockedPerson(name: string): Promise<Person> {
  const at = new Date(Date.now() - 3600_000)
  const { privateKey } = await generateKey({ name, email: `${name}@example.org`, at, passphrase })
  const key = await readPrivateKey(Buffer.from(privateKey), async () => passphrase)
  return { key, armoredPrivate: privateKey }
}

/** A home of gpg with one locked key, and an agent that asks as above. */
function gnupgWith({ armoredPrivate }: Person, folder: string): NodeJS.ProcessEnv {
  const [home, program] = [join(folder, 'gnupg'), join(folder, 'pinentry')]
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(program, pinentry, { mode: 0o755 })
  writeFileSync(join(home, 'gpg-agent.conf'), `pinentry-program ${program}\n`)
  const env: NodeJS.ProcessEnv = { ...process.env, GNUPGHOME: home, LC_ALL: 'C.UTF-8' }
  for (const name of ['GPG_TTY', 'DISPLAY']) delete env[name]
  onTestFinished(() => void spawnSync('gpgconf', ['--kill', 'all'], { env }))
  const { status } = spawnSync('gpg', ['--batch', '--import'], { env, input: armoredPrivate })
  expect(status).toBe(0)
  return env
}

describe.skipIf(!havePrograms('gpg', 'script'))('open.sh with a key that a passphrase protects', () => {
  it('has gpg ask for it on the terminal, without GPG_TTY set', async () => {
    const folder = temporaryFolder()
    const [client, host] = [await lockedPerson('client'), await newPerson('host')]
    await samplePackage(join(folder, 'R1-0001'), client, host)
    const command = `sh R1-0001/open.sh ${host.key.fingerprint} to`
    const env = gnupgWith(client, folder)
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { cwd: folder, env })
    expect(status, stdout.toString()).toBe(0)
    expect(readdirSync(join(folder, 'to')).sort()).toEqual(Object.keys(sampleSources).sort())
  })
})
