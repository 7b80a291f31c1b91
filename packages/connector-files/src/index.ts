export { filesConnector } from './files-connector.ts'
