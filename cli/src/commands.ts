import type { CommandDefinition } from './command.ts'

/**
 * Every command, in the order of a contract's life: the order of `--help`. Each is loaded when it is needed, since all
 * of them together take longer to load than most of them run.
 */
const loaders: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  init: async () => (await import('./commands/init.ts')).initCommand,
  keygen: async () => (await import('./commands/keygen.ts')).keygenCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  sign: async () => (await import('./commands/sign.ts')).signCommand,
  challenge: async () => (await import('./commands/challenge.ts')).challengeCommand,
  inventory: async () => (await import('./commands/inventory.ts')).inventoryCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  pause: async () => (await import('./commands/pause.ts')).pauseCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  limit: async () => (await import('./commands/limit.ts')).limitCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  extract: async () => (await import('./commands/extract.ts')).extractCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  deliver: async () => (await import('./commands/deliver-command.ts')).deliverCommand,
  acknowledge: async () => (await import('./commands/acknowledge.ts')).acknowledgeCommand,
  document: async () => (await import('./commands/document.ts')).documentCommand,
  record: async () => (await import('./commands/record.ts')).recordCommand,
  authorise: async () => (await import('./commands/authorise.ts')).authoriseCommand,
  destroy: async () => (await import('./commands/destroy.ts')).destroyCommand,
  certify: async () => (await import('./commands/certify.ts')).certifyCommand,
  rehearse: async () => (await import('./commands/rehearse.ts')).rehearseCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  ledger: async () => (await import('./commands/ledger.ts')).ledgerCommand,
  log: async () => (await import('./commands/log.ts')).logCommand,
  bundle: async () => (await import('./commands/bundle.ts')).bundleCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand(allDefinitions),
}

/** All of them. */
export function allDefinitions(): Promise<readonly CommandDefinition[]> {
  return Promise.all(Object.values(loaders).map((load) => load()))
}

/** The command that the first argument names; all of them when it names none, as where an option comes first. */
export async function definitionsFor(first: string | undefined): Promise<readonly CommandDefinition[]> {
  const load = first !== undefined && Object.hasOwn(loaders, first) ? loaders[first] : undefined
  return load ? [await load()] : allDefinitions()
}
