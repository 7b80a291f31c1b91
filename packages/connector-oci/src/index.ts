export { ociConnector } from './connector.ts'
