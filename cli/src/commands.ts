import type { CommandDefinition } from './command.ts'
import { acknowledgeCommand } from './commands/acknowledge.ts'
import { authoriseCommand } from './commands/authorise.ts'
import { bundleCommand } from './commands/bundle.ts'
import { certifyCommand } from './commands/certify.ts'
import { challengeCommand } from './commands/challenge.ts'
import { checkCommand } from './commands/check.ts'
import { completionCommand } from './commands/completion.ts'
import { deliverCommand } from './commands/deliver-command.ts'
import { demoCommand } from './commands/demo.ts'
import { destroyCommand } from './commands/destroy.ts'
import { documentCommand } from './commands/document.ts'
import { exportCommand } from './commands/export.ts'
import { extractCommand } from './commands/extract.ts'
import { initCommand } from './commands/init.ts'
import { inventoryCommand } from './commands/inventory.ts'
import { keygenCommand } from './commands/keygen.ts'
import { ledgerCommand } from './commands/ledger.ts'
import { limitCommand } from './commands/limit.ts'
import { listCommand } from './commands/list.ts'
import { logCommand } from './commands/log.ts'
import { pauseCommand } from './commands/pause.ts'
import { recordCommand } from './commands/record.ts'
import { rehearseCommand } from './commands/rehearse.ts'
import { restoreCommand } from './commands/restore.ts'
import { resumeCommand } from './commands/resume.ts'
import { signCommand } from './commands/sign.ts'
import { statusCommand } from './commands/status.ts'
import { verifyCommand } from './commands/verify.ts'

/** Every command, in the order of a contract's life: the order of `--help`. */
export const definitions: readonly CommandDefinition[] = [
  demoCommand,
  initCommand,
  keygenCommand,
  checkCommand,
  signCommand,
  challengeCommand,
  inventoryCommand,
  exportCommand,
  pauseCommand,
  resumeCommand,
  limitCommand,
  verifyCommand,
  listCommand,
  extractCommand,
  restoreCommand,
  deliverCommand,
  acknowledgeCommand,
  documentCommand,
  recordCommand,
  authoriseCommand,
  destroyCommand,
  certifyCommand,
  rehearseCommand,
  statusCommand,
  ledgerCommand,
  logCommand,
  bundleCommand,
  completionCommand(() => definitions),
]
