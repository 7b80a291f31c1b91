import { connectorOf } from '../../cli/src/connectors.ts'
import { serveWorker } from '../../packages/run/src/workers/serve.ts'
import { lockedDestinationOf } from './locked-destination.ts'

// The real worker, whose folders open to a secret only.
serveWorker({ connectorOf, destinationOf: lockedDestinationOf })
