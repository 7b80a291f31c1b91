import type { ChargeKind, Milestone, ReceiptForm, Role } from '@restitute/manifest'

/** What the reversibility plan and clause say. */
export interface PlanWords {
  readonly clause: { readonly title: string; readonly lead: string }
  readonly plan: { readonly title: string; readonly lead: string }
  readonly when: string
  readonly whenever: readonly string[]
  readonly total: string
  readonly totalSaid: string
  readonly instance: string
  readonly source: string
  readonly kind: string
  readonly country: string
  readonly excluded: (reason: string) => string
  readonly returned: string
  readonly fate: string
  readonly destruction: string
  /** How many persons authorise. */
  readonly authorisers: (count: number) => string
  readonly destructionSaid: (authorisers: string) => readonly string[]
  readonly copy: string
  readonly rotation: string
  readonly heldBy: string
  readonly ownCopies: string
  readonly noCopies: string
  readonly procedures: string
  readonly steps: (authorisers: string) => readonly string[]
  readonly deadlines: string
  readonly from: string
  readonly to: string
  readonly bound: string
  readonly bounds: Readonly<Record<'floor' | 'ceiling', (duration: string) => string>>
  readonly working: string
  readonly asked: string
  readonly noDeadlines: string
  readonly remarks: string
  readonly milestones: Readonly<Record<Milestone, string>>
  readonly costs: string
  readonly charges: Readonly<Record<ChargeKind, string>>
  readonly charge: string
  readonly rate: string
  readonly noCosts: string
  readonly laws: string
  readonly formats: string
  readonly format: string
  /** By scheme of the source's URL. */
  readonly formatOf: Readonly<Record<string, string>>
  readonly machines: string
  readonly unknownFormat: string
  readonly byOrdinaryTools: string
  readonly receipts: string
  readonly receiptForms: Readonly<Record<ReceiptForm, string>>
  readonly handConsents: string
  readonly handNever: string
  readonly persons: string
  readonly person: string
  readonly duty: string
  readonly roles: (authorisers: string) => Readonly<Record<Role, string>>
  readonly destinations: string
  readonly place: string
  readonly rehearsal: string
  readonly rehearsed: (cron: string, sample: string) => string
  readonly notRehearsed: string
  readonly contacts: string
  readonly contact: string
  readonly noContacts: string
  readonly referent: string
  readonly certification: string
  readonly certified: (activities: string, issued: string, expires: string) => string
  readonly notCertified: string
  readonly rendering: string
}
