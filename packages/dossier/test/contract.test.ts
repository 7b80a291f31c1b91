import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { destroySpec, initDossier, probeSpec, readContract, resolveSecret, sourceSpec } from '../src/index.ts'
import {
  contractText,
  errorOf,
  namingKeys,
  newDossier,
  newFolder,
  people,
  removeFolders,
  sha256,
} from './support.ts'

afterAll(removeFolders)

const edited = (from: string, to: string): string => {
  const text = contractText.replace(from, to)
  if (text === contractText) throw new Error(`nothing to replace: ${from}`)
  return text
}

const problemsOf = async (
  text: string,
): Promise<{ code: string; problems: readonly string[]; message: string }> => {
  const dir = await newDossier(text)
  const { code, details, message, exit } = await errorOf(() => readContract(dir))
  expect(exit).toBe(2)
  return { code, problems: details['problems'] as readonly string[], message }
}

describe('readContract', () => {
  it('reads terms, keys and digest', async () => {
    const dir = await newDossier()
    const keys = await people()
    const loaded = await readContract(dir)
    expect(loaded.contract.reference).toBe('TEST-1')
    expect(loaded.sha256).toBe(sha256(await namingKeys(contractText)))
    expect(loaded.keys.host.fingerprint).toBe(keys.host.fingerprint)
    expect(loaded.keys.clients.map((key) => key.fingerprint)).toEqual([
      keys['client-1'].fingerprint,
      keys['client-2'].fingerprint,
    ])
    expect(loaded.keys.persons.get(keys.verifier.fingerprint)?.person.id).toBe('verifier')
    expect(loaded.warnings).toEqual([])
  })

  it('says how to make a dossier where there is none', async () => {
    const { code, hint } = await errorOf(async () => readContract(await newFolder()))
    expect(code).toBe('not-found')
    expect(hint).toContain('restitute init')
  })

  it.each([
    [
      'a key twice',
      edited('language: en\n', 'language: en\nlanguage: fr\n'),
      '4:1 /language: this key occurs twice',
    ],
    ['a tab', edited('    country: FR', '\t country: FR'), '16:1 tabs are not allowed as indentation'],
    ['an open bracket', edited('[operator] }', '[operator }'), '9:142 wrong indentation, or a bracket'],
    ['a reserved character', edited('reference: TEST-1', 'reference: @x'), '2:12 a value cannot begin'],
    ['two colons', edited('reference: TEST-1', 'reference: a: b'), '2:12 '],
    ['a tag', edited('reference: TEST-1', 'reference: !js x'), '2:12 this tag is not allowed'],
    ['a second document', `${contractText}---\nx: 1\n`, '23:1 only one document'],
    ['another YAML', `%YAML 1.1\n---\n${contractText}`, 'YAML 1.2 expected, got 1.1'],
    [
      'an alias without anchor',
      edited('reference: TEST-1', 'reference: *x'),
      '2:1 /reference: an alias without its anchor',
    ],
    ['a key that is no string', `${contractText}? [a]\n: 1\n`, '23:3 keys must be strings'],
    ['a missing member', edited('reference: TEST-1\n', ''), '/reference: missing'],
    ['an unknown member', edited('country: FR', 'county: FR'), '16:5 /instances/0/county: unknown member'],
    ['a wrong type', edited('name: Host', 'name: 7'), '6:11 /parties/host/name'],
    ['nothing', '', '1:1 '],
    ['no map', '- a\n', '1:1 '],
    [
      'a name twice',
      edited('name: nightly', 'name: Records'),
      '20:16 /instances/0/copies/0/name: the source or copy Records is there twice',
    ],
    ['a reserved name', edited('name: nightly', 'name: work'), 'the name work is reserved'],
    [
      'a hook that freezes and never thaws',
      edited('records.db" }', 'records.db", hooks: { freeze: [/bin/true] } }'),
      '/instances/0/sources/0/hooks',
    ],
    [
      'a hook that is found by PATH',
      edited('records.db" }', 'records.db", hooks: { snapshot: [lvcreate], discard: [/sbin/lvremove] } }'),
      '/instances/0/sources/0/hooks/snapshot: expected a program by its absolute path',
    ],
    [
      'a source that would be frozen until its window opens',
      edited(
        'records.db" }',
        'records.db", window: "22:00-06:00", hooks: { freeze: [/bin/true], thaw: [/bin/true] } }',
      ),
      'not with a window',
    ],
    [
      'a source called like the work folder',
      edited('name: records', 'name: work'),
      'the name work is reserved',
    ],
    [
      'a source with a slash',
      edited('name: records', 'name: vault/R1-0001'),
      '/instances/0/sources/0/name: ',
    ],
    [
      'a copy that looks like a package',
      edited('name: nightly', 'name: vault/R1-0001'),
      '20:16 /instances/0/copies/0/name: a name without / is expected',
    ],
    [
      'a person twice',
      edited('id: verifier', 'id: operator'),
      '12:7 /persons/3/id: the person operator is there twice',
    ],
    [
      'one key for two persons',
      edited('keys/verifier.asc', 'keys/operator.asc'),
      'another person has the same key',
    ],
    [
      'one key for both parties',
      edited('keys/client-2.asc', 'keys/host.asc'),
      'a key of the client cannot be a key of the host',
    ],
    [
      'a missing key file',
      edited('keys/verifier.asc', 'keys/nobody.asc'),
      '12:44 /persons/3/key: nobody.asc: no such file',
    ],
    ['an unknown actor', edited('actors: [Bravo]', 'actors: [Charlie]'), 'no actor has the code Charlie'],
    [
      'an unknown rule',
      edited('oci-cp-art-9', 'oci-cp-art-10'),
      '/deadlines/rules/0: unknown rule oci-cp-art-10',
    ],
    ['a wrong duration', edited('rotation: P35D', 'rotation: 35 days'), '/instances/0/copies/0/rotation'],
    ['a wrong rate', edited('records.db"', 'records.db", rate: fast'), '/instances/0/sources/0/rate'],
    [
      'an empty window',
      edited('records.db"', 'records.db", window: "08:00-08:00"'),
      '/instances/0/sources/0/window',
    ],
    [
      'what init left open',
      edited('name: Client', 'name: "FILL IN: the client"'),
      '/parties/client/name: still to be filled in',
    ],
  ])('refuses %s with its place', async (_, text, expected) => {
    const { code, problems, message } = await problemsOf(text)
    expect(code).toBe('contract-invalid')
    expect(
      problems.some((line) => line.includes(expected)),
      problems.join('\n'),
    ).toBe(true)
    expect(message).toContain('contract.yaml: ')
  })

  it('names every problem at once, in the order of the file', async () => {
    const text = edited('name: nightly', 'name: records')
      .replace('keys/host.asc', 'keys/none.asc')
      .replace('oci-cp-art-9', 'x')
    const { problems } = await problemsOf(text)
    expect(problems.map((line) => line.split(' ')[1])).toEqual([
      '/parties/host/key:',
      '/instances/0/copies/0/name:',
      '/deadlines/rules/0:',
    ])
  })

  it('refuses bytes that are not UTF-8, and a file that is too large', async () => {
    const dir = await newDossier()
    await writeFile(join(dir, 'contract.yaml'), Buffer.from([0x61, 0x3a, 0xff]))
    expect((await errorOf(() => readContract(dir))).message).toContain('not UTF-8')
    await writeFile(join(dir, 'contract.yaml'), 'a'.repeat(2_000_000))
    expect((await errorOf(() => readContract(dir))).code).toBe('hostile-input')
  })

  it.each([
    ['nested deeply', '['.repeat(100_000)],
    [
      'a thousandfold by aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
    ['a thing that contains itself', 'a: &a [*a]\n'],
    ['fifty thousand keys', Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ])('survives what is %s', async (_, text) => {
    const { code, problems } = await problemsOf(text)
    expect(code).toBe('contract-invalid')
    expect(problems.length).toBeGreaterThan(0)
  })

  it('warns of one recipient, two persons and missing roles', async () => {
    const text = contractText
      .replace('keys/client-1.asc, ', '')
      .replace(/ {2}- \{ id: (authoriser-2|verifier).*\n/g, '')
    const { warnings } = await readContract(await newDossier(text))
    expect(warnings.join('\n')).toMatch(
      /2 persons.*\n.*2 persons with the role authoriser.*\n.*verifier.*\n.*one recipient key/,
    )
  })
})

describe('secrets', () => {
  it.each([
    ['a secret', edited('records.db"', 'records.db", secret: hunter2-x')],
    ['a secret of a destination', edited('country: FR }', 'country: FR, secret: hunter2-x }')],
    ['a secret of the prober', edited('records.db"', 'records.db", probe: { secret: hunter2-x }')],
    ['a password in a URL', edited('sqlite:/srv/records.db', 'postgres://u:hunter2-x@db/lab')],
    ['a password with a slash', edited('sqlite:/srv/records.db', 'postgres://u:hunter2-x/y@db/lab')],
    [
      'a password that begins with a slash',
      edited('sqlite:/srv/records.db', 'postgres://u:/hunter2-x@db/lab'),
    ],
    ['a password of a registry', edited('sqlite:/srv/records.db', 'oci:https://u:hunter2-x@registry/lab')],
    ['a password in a query', edited('sqlite:/srv/records.db', 'postgres://db/lab?password=hunter2-x')],
    ['a password of a destination', edited('directory:/mnt/out', 'sftp://u:hunter2-x@out')],
    [
      'a secret in a file that is wrong elsewhere',
      edited('records.db"', 'records.db", secret: hunter2-x').replace('language: en', 'language: de'),
    ],
    [
      'a secret in YAML that cannot be read',
      edited('records.db"', 'records.db", secret: hunter2-x').replace('[operator] }', '[operator }'),
    ],
  ])('never repeats %s', async (_, text) => {
    const dir = await newDossier(text)
    const error = await errorOf(() => readContract(dir))
    expect(error.code).toBe('secret-in-clear')
    expect(
      JSON.stringify([error.message, error.details, error.hint, error.stack, String(error.cause)]),
    ).not.toContain('hunter2')
  })

  it('takes URLs with ports, paths and users for what they are', async () => {
    for (const url of [
      'postgres://reader@db:5432/lab',
      'files:/srv/a:b@c',
      's3://bucket/a',
      'postgres://[::1]:5432/x',
      'oci:https://registry:5000/lab',
      'oci:layout:/srv/a:b@c',
    ]) {
      await expect(
        readContract(await newDossier(edited('sqlite:/srv/records.db', url))),
      ).resolves.toBeDefined()
    }
  })

  it('resolves references', async () => {
    const dir = await newFolder()
    await writeFile(join(dir, 'secret'), 'from a file\n')
    process.env['RESTITUTE_TEST_SECRET'] = 'from the environment'
    expect(await resolveSecret('env:RESTITUTE_TEST_SECRET')).toBe('from the environment')
    expect(await resolveSecret(`file:${dir}/secret`)).toBe('from a file')
    expect(await resolveSecret('exec:echo from a command')).toBe('from a command')
  })

  it('says what is missing, and never what was given in clear', async () => {
    expect((await errorOf(() => resolveSecret('env:RESTITUTE_NOT_SET'))).code).toBe('secret-missing')
    expect((await errorOf(() => resolveSecret('file:/nowhere/at/all'))).message).toContain(
      'file:/nowhere/at/all',
    )
    expect((await errorOf(() => resolveSecret('exec:false'))).code).toBe('secret-missing')
    const { code, message } = await errorOf(() => resolveSecret('hunter2'))
    expect(code).toBe('secret-in-clear')
    expect(message).not.toContain('hunter2')
  })

  it('gives the prober its own way in', async () => {
    process.env['RESTITUTE_TEST_SECRET'] = 'reader'
    process.env['RESTITUTE_TEST_PROBE'] = 'prober'
    const terms = {
      name: 'lab',
      url: 'postgres://reader@db/lab',
      secret: 'env:RESTITUTE_TEST_SECRET',
      probe: { url: 'postgres://prober@db/lab', secret: 'env:RESTITUTE_TEST_PROBE' },
    }
    expect(await sourceSpec(terms)).toEqual({
      name: 'lab',
      url: 'postgres://reader@db/lab',
      secret: 'reader',
    })
    expect(await probeSpec(terms)).toEqual({ name: 'lab', url: 'postgres://prober@db/lab', secret: 'prober' })
  })

  it('gives the destroyer an account of its own, and asks for no other secret', async () => {
    process.env['RESTITUTE_TEST_DESTROY'] = 'destroyer'
    const destroy = { secret: 'env:RESTITUTE_TEST_DESTROY' }
    const terms = { name: 'lab', url: 's3://lab', secret: 'env:RESTITUTE_NOT_SET', destroy }
    expect(await destroySpec(terms)).toEqual({ name: 'lab', url: 's3://lab', secret: 'destroyer' })
  })
})

describe('initDossier', () => {
  it.each(['fr', 'en'] as const)('writes a %s contract that only has to be filled in', async (language) => {
    const dir = join(await newFolder(), 'case')
    const source = await newDossier()
    const sources = [{ name: 'records', url: 'sqlite:/srv/it\'s "here".db' }]
    const { contract } = await initDossier({
      dir,
      sources,
      clientKeys: [join(source, 'keys/client-1.asc'), join(source, 'keys/client-2.asc')],
      language,
      to: 'directory:/mnt/out',
    })
    const text = await readFile(contract, 'utf8')
    for (const duration of [
      'acknowledgement',
      'notice',
      'retrieval',
      'restitution',
      'destruction (that|celui)',
      'switching',
    ])
      expect(text).toMatch(new RegExp(duration))
    expect(text).toContain(language === 'fr' ? '# Où les lots peuvent aller' : '# Where packages may go')
    const { code, details } = await errorOf(() => readContract(dir))
    expect(code).toBe('contract-invalid')
    const problems = details['problems'] as readonly string[]
    expect(
      problems.every((line) => /still to be filled in|no such file/.test(line)),
      problems.join('\n'),
    ).toBe(true)
    const filled = text.replaceAll('FILL IN', 'x').replaceAll('À REMPLIR', 'x')
    await writeFile(contract, filled)
    for (const [name, as] of [
      ['host', 'host'],
      ['operator', 'operator'],
      ['authoriser-1', 'authoriser-1'],
      ['authoriser-2', 'verifier'],
    ] as const) {
      await writeFile(join(dir, 'keys', `${name}.asc`), await readFile(join(source, 'keys', `${as}.asc`)))
    }
    const loaded = await readContract(dir)
    expect(loaded.contract.instances[0]?.sources).toEqual(sources)
    expect(loaded.warnings).toEqual([])
  })

  it('writes nothing over what is there, and nothing that is wrong', async () => {
    const full = await newDossier()
    const none = { sources: [], clientKeys: [], language: 'en' } as const
    expect((await errorOf(() => initDossier({ dir: full, ...none }))).code).toBe('target-not-empty')
    const dir = join(await newFolder(), 'case')
    const password = [{ name: 'lab', url: 'postgres://u:hunter2@db/lab' }]
    const error = await errorOf(() => initDossier({ dir, ...none, sources: password }))
    expect(error.code).toBe('secret-in-clear')
    expect(error.message).not.toContain('hunter2')
    expect(
      (await errorOf(() => initDossier({ dir, ...none, clientKeys: [join(full, 'contract.yaml')] }))).exit,
    ).toBeGreaterThan(0)
    expect((await errorOf(() => readContract(dir))).code).toBe('not-found')
    await mkdir(dir)
    await initDossier({ dir, ...none })
    await rm(dir, { recursive: true })
  })
})
