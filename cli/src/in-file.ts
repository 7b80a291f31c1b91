import { RestituteError } from '@restitute/core'

/** The same error with the name of the file. */
export function inFile(path: string, error: RestituteError): RestituteError {
  const { code, details, hint } = error
  const message = error.message.includes(path) ? error.message : `${path}: ${error.message}`
  return new RestituteError(code, message, {
    cause: error,
    details,
    ...(hint === undefined ? {} : { hint }),
  })
}
