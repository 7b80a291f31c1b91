export { programConnector } from './connector.ts'
