import type { CommandDefinition } from './command.ts'
import { keygenCommand } from './commands/keygen.ts'

/** Every command, in the order of a contract's life: the order of `--help`. */
export const definitions: readonly CommandDefinition[] = [keygenCommand]
