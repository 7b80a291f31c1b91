import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { sampleProgram, script } from '../../packages/connector-program/test/support.ts'
import { sha256Hex } from '../../packages/manifest/src/index.ts'
import { type DeliverySummary, openSeries, summariseDelivery } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { makeReady, openCase } from '../support/case.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'

it('a system without connector goes through a whole contract by a program of the operator', async () => {
  await using c = await openCase({
    sources: async (root) => {
      mkdirSync(join(root, 'system'))
      writeFileSync(join(root, 'system', 'patients'), 'Zoë\n'.repeat(5_000))
      writeFileSync(join(root, 'system', 'stays'), '1\n')
      return [{ name: 'erp', url: `program:${sampleProgram(root)}?system=${join(root, 'system')}` }]
    },
  })
  const confirm = await makeReady(c)
  const url = `program:${join(c.root, 'program')}?system=${join(c.root, 'restored')}`
  const packages = [join(c.client, 'R1-0001')]
  const manifest = JSON.parse(readFileSync(join(packages[0] ?? '', 'manifest.json'), 'utf8'))
  expect(manifest.sources[0].view.point).toContain('native format, not neutral: tables of the sample system')
  const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
  const options = { packages, key: c.keyFile('client-1'), source: 'erp', to: url, compare: true, signers }
  expect((await restore(c.session, options)).exit).toBe(0)
  expect(readFileSync(join(c.root, 'restored', 'patients'), 'utf8')).toBe('Zoë\n'.repeat(5_000))
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  expect((await certify(c.as('verifier'), {})).json['status']).toBe('final')
})

const signal = new AbortController().signal

/** A program that loses every item, each for a reason of its own. */
const losing = `
  read -r request
  case "$1" in
    describe) echo '{"description":{"format":"none","identity":"losing","limits":[]}}' ;;
    open) echo '{"view":{"point":"now","consistency":"per-item","token":{}}}'; cat > /dev/null ;;
    inventory) seq 100 199 | sed 's/.*/{"item":{"id":"&","kind":"table","bytes":1,"mark":"&"}}/' ;;
    export) while read -r asked; do
        id=$(echo "$asked" | grep -o '[0-9][0-9][0-9]')
        case $id in
          100) reason='' ;;
          101) reason='two\\nlines' ;;
          102) reason=$(printf '%0600d' 0) ;;
          *) reason="table $id cannot be read" ;;
        esac
        printf '{"lost":{"item":"%s","reason":"%s"}}\n' "$id" "$reason"
      done ;;
  esac
  echo '{"done":true}'`

/** A program with an item whose attributes are nested deeper than any reader of an index follows. */
const nesting = `
  read -r request
  case "$1" in
    describe) echo '{"description":{"format":"none","identity":"nesting","limits":[]}}' ;;
    open) echo '{"view":{"point":"now","consistency":"per-item","token":{}}}'; cat > /dev/null ;;
    inventory)
      echo '{"item":{"id":"a","kind":"table","bytes":1,"mark":"1","attributes":{"a":${'['.repeat(100)}${']'.repeat(100)}}}}'
      echo '{"item":{"id":"b","kind":"table","bytes":1,"mark":"1"}}' ;;
    export) echo '{"entry":{"item":"b","path":"b","size":1}}'; printf x ;;
  esac
  echo '{"done":true}'`

/** A program whose item keeps its mark, and whose digest says that the content is another one. */
const content = (text: string): string => `
  read -r request
  case "$1" in
    describe) echo '{"description":{"format":"none","identity":"same","limits":[]}}' ;;
    open) echo '{"view":{"point":"now","consistency":"per-item","token":{}}}'; cat > /dev/null ;;
    inventory) echo '{"item":{"id":"a","kind":"table","bytes":1,"mark":"1","digest":"${sha256Hex(text)}"}}' ;;
    export) printf '{"entry":{"item":"a","path":"a","size":1}}\n${text}' ;;
  esac
  echo '{"done":true}'`

it('where a program tells digests they decide, and not its marks, what a second package brings', async () => {
  await using folder = await temporaryFolder()
  const keys = await newKeys()
  const source = { name: 'erp', url: `program:${script(folder.path, content('x'))}` }
  await exportFrom(folder.path, keys, [source])
  script(folder.path, content('y'))
  await exportFrom(folder.path, keys, [source], { base: 'R1-0001', sequence: 2 })
  const { manifest } = await openPackage(directoryDestination(join(folder.path, 'out/R1-0002')))
  expect(manifest.sources[0]?.totals).toMatchObject({ exported: { items: 1 }, unchanged: { items: 0 } })
})

/** Exports the system of a program; what the package, which must be sound, says is lost. */
async function lossesOf(program: string): Promise<DeliverySummary['losses']> {
  await using folder = await temporaryFolder()
  const keys = await newKeys()
  const source = { name: 'erp', url: `program:${script(folder.path, program)}` }
  await exportFrom(folder.path, keys, [source])
  const destination = directoryDestination(join(folder.path, 'out/R1-0001'))
  const opener = { privateKeys: [keys.client] }
  const report = await verifyPackage({ destination, trust: { signers: [keys.operator.publicKey] }, opener })
  expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
  await using series = await openSeries([await openPackage(destination)], opener, signal)
  return summariseDelivery(series).losses
}

it('an item that no index can hold is lost, and the package can be verified', async () => {
  expect(await lossesOf(nesting)).toMatchObject([{ reason: expect.stringContaining('no index') }])
})

it('a package whose items are lost for many reasons, odd ones among them, is sound, and can be accepted', async () => {
  const losses = await lossesOf(losing)
  expect(losses).toHaveLength(100)
  const line = expect.stringMatching(/^\P{Cc}{1,500}$/u) as string
  for (const { reason } of losses) expect(reason).toEqual(line)
})
