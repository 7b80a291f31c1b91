import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { compare, exportAll, restore, run, spec, temporaryFolder, writeBag } from './support.ts'

const present = havePrograms('skopeo', 'umoci', 'tar')

/** An image of one layer, in a layout, by umoci. */
function build(folder: string): string {
  const [layout, tree] = [join(folder, 'built'), join(folder, 'tree')]
  mkdirSync(tree)
  writeFileSync(join(tree, 'letter.txt'), 'Compte rendu\n'.repeat(5000))
  run('umoci', 'init', '--layout', layout)
  run('umoci', 'new', '--image', `${layout}:v1`)
  run('umoci', 'insert', '--rootless', '--image', `${layout}:v1`, tree, '/srv')
  return layout
}

describe.runIf(present)('an archive that docker save makes', () => {
  it('becomes a layout that skopeo and umoci read, with the same config and files', async () => {
    using folder = temporaryFolder()
    const archive = join(folder.path, 'saved.tar')
    run('skopeo', 'copy', '-q', `oci:${build(folder.path)}:v1`, `docker-archive:${archive}:team/app:v1`)
    const exported = await exportAll(spec(`archive:${archive}`))
    expect(exported.losses).toEqual([])
    const layout = writeBag(exported, join(folder.path, 'bag'))
    const [name = ''] = run('umoci', 'ls', '--layout', layout).trim().split('\n')
    const config = run('skopeo', 'inspect', '--config', '--raw', `docker-archive:${archive}`)
    expect(run('skopeo', 'inspect', '--config', '--raw', `oci:${layout}:${name}`)).toBe(config)
    run('umoci', 'unpack', '--rootless', '--image', `${layout}:${name}`, join(folder.path, 'bundle'))
    const unpacked = join(folder.path, 'bundle/rootfs/srv')
    expect(run('diff', '-r', join(folder.path, 'tree'), unpacked)).toBe('')
    const target = spec(`layout:${join(folder.path, 'back')}`)
    await restore(exported, target)
    expect(await compare(target, exported)).toEqual([])
  })
})
