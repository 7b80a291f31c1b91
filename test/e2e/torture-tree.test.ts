import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import type { Outcome } from '../../cli/src/session.ts'
import { type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { havePrograms } from '../support/programs.ts'
import { plantTorture, shell } from '../support/torture-tree.ts'

const tools = ['setfattr', 'setfacl', 'find', 'gpg', 'zstd', 'tar', 'bsdtar', 'perl']
const client = (c: Case) => ({ ...c.session, dossierDir: c.client })
const operatorKey = (c: Case): string => c.keyFile('operator').replace(/key$/, 'asc')

/** Everything that find sees; sizes of folders are their file system's own. */
const listing = (root: string): Promise<string> =>
  shell(
    String.raw`find . \( -type d -printf '%P %y %m %U %G - %T@ %n %l\0' -o -printf '%P %y %m %U %G %s %T@ %n %l\0' \) | sort -z`,
    root,
  )
/** Paragraphs in order; those two programs cannot reach below PATH_MAX, and say so. */
const sorted = `| awk 'BEGIN { RS = ""; ORS = "\\0" } 1' | sort -z`
const xattrs = (root: string): Promise<string> =>
  shell(`{ getfattr -h -P -d -R -m - -e hex . 2>/dev/null || true; } ${sorted}`, root)
const acls = (root: string): Promise<string> =>
  shell(`{ getfacl -R -P -n . 2>/dev/null || true; } ${sorted}`, root)
const allocated = async (root: string): Promise<number> =>
  Number((await shell('du -s -B1 .', root)).split('\t')[0])
/** The digest of every regular file, whatever its name. */
const digests = (root: string): Promise<string> =>
  shell(`find . -type f -execdir sha256sum -z {} + | cut -z -c -64 | sort -z`, root)

describe.skipIf(process.platform !== 'linux' || !havePrograms(...tools))(
  'a tree with all that a tree can hold',
  () => {
    let folder = ''
    let source = ''
    let c: Case
    let env: NodeJS.ProcessEnv = {}
    let exported: Outcome

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'restitute-torture-'))
      source = join(folder, 'source')
      await mkdir(source)
      await plantTorture(source)
      c = await openCase({ sources: async () => [{ name: 'tree', url: `files:${source}` }] })
      await pin(c)
      exported = await exportPackage(c)
      await deliverAll(c)
      env = { GNUPGHOME: join(folder, 'gnupg'), LC_ALL: 'C.UTF-8' }
      await shell(`mkdir -m 700 gnupg && gpg --batch --quiet --import ${c.keyFile('client-1')}`, folder, env)
    })

    afterAll(async () => {
      // Paths are too long for Node, and some folders forbid writing.
      await shell('chmod -R u+rwX . && rm -rf -- *', folder)
      await rm(folder, { recursive: true })
      await c[Symbol.asyncDispose]()
    })

    it('is exported and verified whole', async () => {
      expect(exported.exit, exported.lines.join('\n')).toBe(0)
      const report = await verify(client(c), {
        path: join(c.client, 'R1-0001'),
        key: c.keyFile('client-1'),
        signers: [operatorKey(c)],
        packages: [],
      })
      expect(report.exit, report.lines.join('\n')).toBe(0)
    })

    it('comes back as it was', async () => {
      const to = join(folder, 'restored')
      const outcome = await restore(client(c), {
        packages: [join(c.client, 'R1-0001')],
        key: c.keyFile('client-1'),
        source: 'tree',
        to: `files:${to}`,
        compare: true,
        signers: [operatorKey(c)],
      })
      expect(outcome.exit, outcome.lines.join('\n')).toBe(0)
      expect(await listing(to)).toBe(await listing(source))
      expect(await xattrs(to)).toBe(await xattrs(source))
      expect(await xattrs(source)).toContain('user.binary=0x00ff0a')
      expect(await acls(to)).toBe(await acls(source))
      expect(await acls(source)).toContain('default:user:1234:r-x')
      expect(await digests(to)).toBe(await digests(source))
      expect(await allocated(to)).toBeLessThanOrEqual((await allocated(source)) * 1.05)
    })

    it.each([
      ['GNU tar', `tar -x -p --xattrs --xattrs-include='*' --acls`],
      ['bsdtar', 'bsdtar -x -p -f -'],
    ])('is readable with %s alone: every content, hard links and holes', async (name, extract) => {
      const to = join(folder, name.replace(' ', '-'))
      await mkdir(to)
      for (const volume of await readdir(join(c.client, 'R1-0001/volumes'))) {
        const path = join(c.client, 'R1-0001/volumes', volume)
        await shell(`gpg --batch --quiet --decrypt ${path} | zstd -d -q | ${extract}`, to, env)
      }
      const data = join(to, 'tree/data')
      await shell('sha256sum --quiet -c manifest-sha256.txt', join(to, 'tree'))
      expect(await digests(data)).toBe(await digests(source))
      const linked = 'find . -type f -printf "%n\\n" | sort'
      expect(await shell(linked, data)).toBe(await shell(linked, source))
      expect(await allocated(data)).toBeLessThanOrEqual((await allocated(source)) * 1.05)
    })
  },
)
