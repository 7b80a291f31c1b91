import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restitute } from '../support/cli.ts'
import { havePrograms } from '../support/programs.ts'

const run = promisify(execFile)
const packages = ['R1-0001', 'R1-0002'] as const
/** Those that are here: `sh` is on every machine. */
const shells = ['sh', 'dash', 'bash --posix', 'busybox sh', 'zsh'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name.split(' ', 1)[0]}`]).status === 0,
)

/** What a recipient does who never heard of Restitute: gpg, zstd, tar and sha256sum on the demonstration's packages. */
describe.skipIf(!havePrograms('gpg', 'zstd', 'tar', 'sha256sum'))(
  'the demonstration, then ordinary tools alone',
  () => {
    let root = ''
    let env: NodeJS.ProcessEnv = {}
    let demo: Record<string, unknown> = {}

    const shell = (script: string, cwd: string) =>
      run('bash', ['-euo', 'pipefail', '-c', script], { cwd, env, maxBuffer: 1 << 26 })

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'restitute-tools-'))
      const finished = await restitute(['demo', '--json', '--quiet', '--keep', join(root, 'demo')])
      if (finished.exit !== 0)
        throw new Error(`demo: exit ${finished.exit}: ${finished.stderr}${finished.stdout}`)
      demo = finished.json()
      env = { ...process.env, GNUPGHOME: join(root, 'gnupg'), LC_ALL: 'C.UTF-8' }
      await shell(
        'mkdir -m 700 gnupg && gpg --batch --quiet --import demo/keys/client-2.key demo/keys/operator.asc',
        root,
      )
    })

    afterAll(() => rm(root, { recursive: true, force: true }))

    it('says what was proved and where things lie', async () => {
      expect(demo['proved']).toHaveLength(5)
      for (const name of ['receipt', 'certificate', 'ledger'] as const) {
        expect((await readFile(String(demo[name]))).length).toBeGreaterThan(100)
      }
    })

    it.each(packages)('%s: sha256sum -c SHA256SUMS', async (name) => {
      const { stdout } = await shell('sha256sum -c SHA256SUMS', join(root, 'demo/client', name))
      expect(stdout.trim().split('\n').length).toBeGreaterThan(3)
      expect(stdout).not.toMatch(/FAILED/)
    })

    it.each(packages)("%s: gpg finds the operator's valid signature on the manifest", async (name) => {
      const folder = join(root, 'demo/client', name)
      const { stdout } = await shell(
        "gpg --batch --with-colons --list-keys operator@demo.example | awk -F: '/^fpr/{print $10; exit}'",
        root,
      )
      const fingerprint = stdout.trim()
      const signature = `manifest.json.${fingerprint.toLowerCase()}.asc`
      const { stdout: status } = await shell(
        `gpg --batch --status-fd 1 --verify ${signature} manifest.json 2>/dev/null`,
        folder,
      )
      expect(status).toContain(`[GNUPG:] VALIDSIG ${fingerprint} `)
    })

    it.each(packages)('%s: every volume through gpg, zstd and tar; then every bag is whole', async (name) => {
      const folder = join(root, 'demo/client', name)
      const out = join(root, 'out', name)
      await shell(`mkdir -p ${out}`, root)
      const volumes = await readdir(join(folder, 'volumes'))
      expect(volumes.length).toBeGreaterThanOrEqual(4)
      for (const volume of volumes) {
        await shell(`gpg --batch --quiet --decrypt volumes/${volume} | zstd -d -q | tar -x -C ${out}`, folder)
      }
      for (const bag of ['records', 'documents']) {
        const { stdout } = await shell(
          'sha256sum -c manifest-sha256.txt && sha256sum -c tagmanifest-sha256.txt',
          join(out, bag),
        )
        expect(stdout).not.toMatch(/FAILED/)
        expect(stdout).toMatch(/bagit\.txt: OK/)
      }
    })

    const sums = (folder: string) => `find ${folder} -type f -exec sha256sum {} + | cut -c 1-64 | sort`
    const loaded =
      'find records/data/native -type f | LC_ALL=C sort | xargs -d "\\n" cat | sqlite3 -bail r.db > journal-mode && sqlite3 r.db .dump'

    it.skipIf(!havePrograms('jq', 'sqlite3')).each([
      ['README.md', 'documents', sums('documents/data'), sums('../demo/client/rebuilt/documents')],
      ['LISEZMOI.md', 'documents', sums('documents/data'), sums('../demo/client/rebuilt/documents')],
      ['README.md', 'records', loaded, 'sqlite3 ../demo/client/rebuilt/records.db .dump'],
    ])('the commands of %s join %s of both packages: what was removed stays gone', async (...of) => {
      const [text, source, joined, restored] = of
      const { work, commands } = await readyToJoin(text, source)
      await shell(commands, work)
      const { stdout } = await shell(joined, work)
      expect(stdout.length).toBeGreaterThan(64 * 1000)
      expect(stdout).toBe((await shell(restored, work)).stdout)
    })

    it.skipIf(!havePrograms('jq')).each([
      ['README.md', 'FAILED'],
      ['LISEZMOI.md', 'ÉCHEC'],
    ])('the commands of %s say so where an index does not open, and go no further', async (text, word) => {
      const { work, commands } = await readyToJoin(text, 'documents')
      await shell(`truncate -s -9 ${packages[1]}/index/documents-01.jsonl.zst.pgp`, work)
      const { stderr } = await shell(commands, work)
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^${word}.* ${packages[1]}/index/`))
    })

    /** Both packages, extracted where the text says in its step 4, and the commands of its step 8. */
    async function readyToJoin(text: string, source: string): Promise<{ work: string; commands: string }> {
      const work = await mkdtemp(join(root, 'joined-'))
      for (const name of packages) {
        await cp(join(root, 'demo/client', name), join(work, name), { recursive: true })
        const said = await readFile(join(work, name, text), 'utf8')
        const [, folder = ''] = /mkdir -p -m 700 \.\.\/(\S+)/.exec(said) ?? []
        await shell(`cp -a out/${name} ${join(work, folder)}`, root)
      }
      const section = (await readFile(join(work, packages[1], text), 'utf8')).split('## 8.')[1] ?? ''
      const commands = (section.match(/^ {4}.*$/gm) ?? []).join('\n')
      return { work, commands: commands.replace('S=documents', `S=${source}`) }
    }

    const fingerprintIn = async (folder: string): Promise<string> =>
      (await readdir(folder)).find((file) => file.endsWith('.asc'))?.split('.')[2] ?? ''

    it.each(shells)('open.sh does the same with the fingerprint given, in %s', async (sh) => {
      const folder = join(root, 'demo/client', packages[0])
      const to = join(root, `opened by ${sh}`)
      await shell(`${sh} open.sh ${await fingerprintIn(folder)} '${to}'`, folder)
      expect((await readdir(to)).sort()).toEqual(['documents', 'records'])
      const { stdout } = await shell(`diff -r '${to}' '${join(root, 'out', packages[0])}'`, root)
      expect(stdout).toBe('')
    })

    it.each([
      ['another signer', 'true', '0'.repeat(40)],
      [
        'a volume altered',
        'printf x | dd of=volumes/000001.tar.zst.pgp bs=1 seek=300 conv=notrunc status=none',
      ],
      ['a volume removed', 'rm volumes/000002.tar.zst.pgp'],
      ['a file added', 'touch volumes/000099.tar.zst.pgp'],
      ['the README edited', 'echo >> README.md'],
      ['SHA256SUMS edited', 'echo >> SHA256SUMS'],
      ['the manifest edited', 'sed -i s/R1-0001/R1-0009/ manifest.json'],
      ['the signature removed', 'rm manifest.json.*.asc'],
    ])('open.sh refuses %s, and leaves nothing behind', async (what, damage, signer?: string) => {
      const folder = join(root, `damaged: ${what}`)
      await cp(join(root, 'demo/client', packages[0]), folder, { recursive: true })
      const fingerprint = signer ?? (await fingerprintIn(folder))
      await shell(damage, folder)
      await mkdir(join(root, `refused: ${what}`))
      const opening = shell(`sh open.sh ${fingerprint} '${join(root, `refused: ${what}`, 'to')}'`, folder)
      await expect(opening).rejects.toThrow(/open\.sh: /)
      expect(await readdir(join(root, `refused: ${what}`))).toEqual([])
    })

    it('open.sh is one page', async () => {
      const text = await readFile(join(root, 'demo/client', packages[0], 'open.sh'), 'utf8')
      expect(text.split('\n').length).toBeLessThan(100)
    })

    it('the neutral form holds the rows, and sqlite3 alone rebuilds the record', async () => {
      if (!havePrograms('sqlite3')) return
      const bag = join(root, 'out', packages[0], 'records')
      await shell(
        'find data/native -type f | LC_ALL=C sort | xargs -d "\\n" cat | sqlite3 -bail ../rebuilt.db',
        bag,
      )
      const { stdout } = await shell(
        'sqlite3 ../rebuilt.db "select count(*) from patients; pragma integrity_check"',
        bag,
      )
      expect(stdout).toBe('2000\nok\n')
    })
  },
)
