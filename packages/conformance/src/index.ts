export { connectorCases } from './connector-cases.ts'
export { destinationCases } from './destination-cases.ts'
export { type FaultPlan, faultyDestination } from './faulty-destination.ts'
export type { Case, ConnectorSetup, DestinationSetup, Mutation, TestPlace } from './types.ts'
