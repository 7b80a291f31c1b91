import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const connector = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
const nobody = 65534

/**
 * Evaluates an expression in a process that is not root, since root can read everything. It sees `items`, the
 * inventory of `root`, and `sighting`, what the prober sees there; of what cannot be frozen there are no items.
 */
export function asOrdinaryUser<T>(expression: string, root: string): T {
  const program = `
    import { filesConnector } from ${JSON.stringify(connector)}
    const signal = new AbortController().signal
    const source = { name: 'tree', url: 'files:' + ${JSON.stringify(root)} }
    const exporter = await filesConnector.freeze(source, signal).catch(() => undefined)
    const items = exporter ? await Array.fromAsync(exporter.inventory(signal)) : []
    const sighting = await (await filesConnector.prober(source, signal)).look(signal)
    console.log(JSON.stringify(${expression}))`
  const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  const node = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    ...identity,
    cwd: '/',
  })
  return JSON.parse(node.toString()) as T
}
