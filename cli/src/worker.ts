import { serveWorker } from '@restitute/run/worker'
import { connectorOf } from './connectors.ts'
import { destinationOf } from './destinations.ts'

// The composition of connectors and the executor's loop.
serveWorker({ connectorOf, destinationOf })
