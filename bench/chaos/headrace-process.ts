import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import pino from 'pino'

/**
 * The built proxy in a process of its own that tells its parent how many requests are in flight. Arguments: file of its config,
 * file of its log, entry of the build.
 */
const [configFile = '', logFile = '', build = ''] = process.argv.slice(2)

// The entry of the build is what this type describes.
const { startProxy } = await import(pathToFileURL(build).href) as typeof import('../../src/index.js')
const proxy = await startProxy(JSON.parse(readFileSync(configFile, 'utf8')) as object, {
  logger: pino({ level: 'info' }, pino.destination({ dest: logFile, sync: false }))
})

process.on('message', () => {
  const inflight = [...proxy.pools.values()].reduce((sum, { pool }) => sum + pool.inflight + pool.queued, 0)
  process.send?.({ inflight })
})
process.once('disconnect', () => { process.exit() })
process.once('SIGTERM', () => { void proxy.close().then(() => { process.exit(0) }) })
process.send?.({ url: proxy.addresses[0] })
