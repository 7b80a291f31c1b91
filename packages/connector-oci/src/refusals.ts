import { RestituteError, writtenSince } from '@restitute/core'

/** Of a repository to which something came that nobody has compared. */
export function late(repository: string, begun: boolean): RestituteError {
  return writtenSince(`destroy ${repository}: something was pushed to it`, begun)
}

/** Of manifests that were deleted and are not seen to be gone. */
export function notSeenGone(repository: string, left: true | undefined): RestituteError {
  const got = left ? 'one that is still there' : 'an answer that says neither'
  return new RestituteError(
    'destroy-failed',
    `look for deleted manifests of ${repository}: expected status 404, got ${got}`,
    { hint: 'may the account of the secret also pull' },
  )
}

/** Of what the registry does not delete. */
export function refused(repository: string, status: number): RestituteError {
  const got = status === 0 ? 'a refusal' : `status ${status}`
  return new RestituteError(
    'destroy-failed',
    `delete manifests of ${repository}: expected status 202, got ${got}`,
    {
      hint: 'the registry must allow deletion (docker-registry: storage.delete.enabled), to the account of the secret',
    },
  )
}
