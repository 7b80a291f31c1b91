import { more, order, other, print, seen, signed, terms } from './guard-facts.ts'
import type { Violation } from './receipt-violations.ts'
import { day, type Step } from './support.ts'

/** The terms with one more role of who executes. */
const operatorAs = (role: 'authoriser' | 'verifier'): typeof terms => {
  const persons = new Map(terms.keys.persons)
  const own = persons.get(print('operator'))!
  const person = { ...own.person, roles: [...own.person.roles, role] }
  persons.set(print('operator'), { ...own, person })
  return { ...terms, keys: { ...terms.keys, persons } }
}

/** One thing, or one person, that takes the part of another. */
export const partsViolations: readonly Violation[] = [
  [
    'scope',
    'the operation is for a part, and the order names the work folder',
    () => ({
      ...more([day(6), 'requested', { sources: ['records'] }]),
      order: { copies: [...order().copies, { name: 'work', kind: 'work', instance: 'PRIM' }] },
    }),
    /this one is for a part/,
  ],
  [
    'delivery-valid',
    'another one was delivered in its place',
    () => ({
      steps: {
        delivered: [[day(2), 'delivered', { packages: [other], place: 'vault', channel: 'directory' }]],
      },
    }),
    /not every package was delivered/,
  ],
  [
    'authorised',
    'who executes is an authoriser, too, and has signed beside two others',
    () => ({
      contract: operatorAs('authoriser'),
      orderSigners: ['operator', 'authoriser-1', 'authoriser-2'],
      steps: { 'order-signed': [signed('operator'), signed('authoriser-1'), signed('authoriser-2')] },
    }),
    /has also signed the order/,
  ],
  [
    'probe-ready',
    'who executes is a verifier, too, and alone has seen it',
    () => ({ contract: operatorAs('verifier'), steps: seen({}, 'operator') }),
    /no verifier other than the executor/,
  ],
  [
    'probe-ready',
    'it was looked for after a destruction only',
    () => {
      const [[at, , ...rest] = []] = seen({})['copy-seen'] ?? []
      return { steps: { 'copy-seen': [[at ?? day(5), 'copy-probed', ...rest] as Step] } }
    },
    /no verifier other than the executor/,
  ],
]
