export { s3Connector } from './s3-connector.ts'
