export { mysqlConnector } from './connector.ts'
