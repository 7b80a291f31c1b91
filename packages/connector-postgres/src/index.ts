export { postgresConnector } from './connector.ts'
