import { ServerOptions, startContractServer } from './server.js'

/** The server as a process of its own: options as JSON in the first argument; prints its URL once it listens. */
const server = await startContractServer(ServerOptions.parse(JSON.parse(process.argv[2] ?? '{}')))
console.log(server.url)
process.once('disconnect', () => process.exit(0))
