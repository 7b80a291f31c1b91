export { sftpDestination } from './destination.ts'
