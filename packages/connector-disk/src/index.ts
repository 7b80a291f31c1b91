export { diskConnector } from './connector.ts'
