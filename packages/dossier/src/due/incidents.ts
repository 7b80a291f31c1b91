import type { OperationState } from '../operation-state.ts'
import type { Due } from './due-action.ts'

/**
 * What an open incident asks of the host (R56): the client is told without undue delay (GDPR, article 33(2)),
 * the breach is documented (article 33(5)), and a person of the host closes it with a signed note.
 */
export function incidentActions({ incidents }: OperationState): Due[] {
  return incidents.flatMap(({ at, body, sequence }): Due[] => {
    const by = 'host' as const
    const [due, rules] = [at, ['gdpr-33']]
    const told = body['notifiedAt'] !== undefined
    const documented = body['nature'] !== undefined
    return [
      ...(told ? [] : [{ action: 'notify-client' as const, by, due, rules, event: sequence }]),
      ...(documented ? [] : [{ action: 'document-incident' as const, by, rules, event: sequence }]),
      { action: 'close-incident', by, rules: [], event: sequence },
    ]
  })
}
