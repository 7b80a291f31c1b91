import { RestituteError } from '@restitute/core'
import { type CommandDefinition, flag, given, secretOption, text, texts } from '../command.ts'
import { rateOf } from '../rates.ts'
import { deliver } from './deliver.ts'
import { deliverMedia } from './deliver-media.ts'

/** `restitute deliver`. */
export const deliverCommand: CommandDefinition = {
  name: 'deliver',
  args: '',
  summary: "copy the packages to the client's place or medium, checked and resumable",
  options: [
    {
      flags: '--to <url>',
      description:
        'directory:, s3: or sftp: place of the client, mounted medium, or a destination of the contract by name',
      required: true,
      repeatable: true,
    },
    {
      flags: '--medium <serial>',
      description:
        'serial number of a shipped medium, a copy until its end is declared; with several --to one for each, in their order',
      repeatable: true,
    },
    { flags: '--seal <number>', description: 'seal of the medium, likewise', repeatable: true },
    { flags: '--dry-run', description: 'for several media: say what would go where, and write nothing' },
    { flags: '--carrier <text>', description: 'who carries the medium' },
    { flags: '--recipient <text>', description: 'who receives it' },
    {
      flags: '--country <code>',
      description: 'country of the place, two letters, when the contract does not declare it',
    },
    { flags: '--rate <rate>', description: 'not faster than this, for instance 20MB/s' },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
    secretOption,
  ],
  examples: [
    'restitute deliver --dossier chu --as operator.key --to directory:/mnt/client --country FR',
    'restitute deliver --dossier chu --as operator.key --to "s3://bucket/chu?region=eu-west-3" --secret env:S3_KEY --country FR --rate 20MB/s',
    'restitute deliver --dossier chu --as operator.key --to directory:/media/disk1 --medium WX-1234 --seal 0071 --carrier Courier --country FR',
    'restitute deliver --dossier chu --as operator.key --to /media/a --to /media/b --medium WX-1 --medium WX-2 --carrier Courier --country FR --dry-run',
  ],
  run: (session, _args, options) => {
    const [to, medium, seal] = [texts(options, 'to'), texts(options, 'medium'), texts(options, 'seal')]
    refuseSurplus(to, { medium, seal })
    const shared = {
      ...chosenRate(text(options, 'rate')),
      ...given(options, 'carrier', 'recipient', 'country', 'operation'),
    }
    if (to.length > 1 || flag(options, 'dryRun')) {
      const media = to.map((url, i) => ({ to: url, serial: medium[i] ?? '', ...at('seal', seal[i]) }))
      return deliverMedia(session, { ...shared, media, dryRun: flag(options, 'dryRun') })
    }
    return deliver(session, {
      ...shared,
      to: to[0] ?? '',
      ...at('medium', medium[0]),
      ...at('seal', seal[0]),
    })
  },
}

/** What belongs to no place would be dropped, and a medium missing from the register. */
function refuseSurplus(to: readonly string[], others: Readonly<Record<string, readonly string[]>>): void {
  const surplus = Object.entries(others).find(([, values]) => values.length > to.length)
  if (surplus === undefined) return
  const [name, values] = surplus
  throw new RestituteError(
    'usage',
    `deliver: expected a --to for each --${name}, got ${to.length} for ${values.length}`,
    {
      hint: 'give the n-th of each for the n-th --to',
    },
  )
}

function at<Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [name in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]?: string })
}

function chosenRate(typed: string | undefined): { rate?: number } {
  return typed === undefined ? {} : { rate: rateOf(typed) }
}
