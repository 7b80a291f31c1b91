export { s3Destination } from './destination.ts'
