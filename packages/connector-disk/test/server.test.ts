import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { serve } from '../src/nbd/server.ts'
import { tempFolder } from './support/places.ts'

afterEach(() => vi.unstubAllEnvs())

/** As the real one between making its socket and entering its loop, which forgets that it was asked to end. */
const deaf = `#!/bin/sh
[ "$1" = --version ] && echo 'qemu-nbd 10.0.0' && exit
trap '' TERM
exec sleep 60
`

describe.skipIf(!havePrograms('qemu-img', 'qemu-nbd'))('a server', () => {
  it('that does not hear that it is to end before it serves is ended', async () => {
    await using temp = await tempFolder()
    const programs = join(temp.path, 'bin')
    await mkdir(programs)
    await writeFile(join(programs, 'qemu-nbd'), deaf, { mode: 0o755 })
    vi.stubEnv('PATH', `${programs}:${process.env['PATH']}`)
    const abort = new AbortController()
    const serving = serve([], {}, abort.signal)
    const refused = serving.catch((error: unknown) => error)
    await sleep(500)
    abort.abort()
    expect(await refused).toMatchObject({ code: 'interrupted' })
  }, 20_000)
})
