import { readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import pino from 'pino'
import type { ProxyQuestion, ProxyReport, ProxyResources } from './protocol.js'

/**
 * The built proxy in a process of its own that tells its parent how many requests are in flight, and what it holds. Arguments: file of its config,
 * file of its log, entry of the build.
 */
const [configFile = '', logFile = '', build = ''] = process.argv.slice(2)

// The entry of the build is what this type describes.
const { startProxy } = await import(pathToFileURL(build).href) as typeof import('../../src/index.js')
const proxy = await startProxy(JSON.parse(readFileSync(configFile, 'utf8')) as object, {
  logger: pino({ level: 'info' }, pino.destination({ dest: logFile, sync: false }))
})

process.on('message', (question: ProxyQuestion) => {
  report(question === 'resources' ? { resources: resources() } : { inflight: inflight() })
})
process.once('disconnect', () => { process.exit() })
process.once('SIGTERM', () => { void proxy.close().then(() => { process.exit(0) }) })
report({ url: proxy.addresses[0] ?? '' })

function report (message: ProxyReport): void {
  process.send?.(message)
}

function inflight (): number {
  return [...proxy.pools.values()].reduce((sum, { pool }) => sum + pool.inflight + pool.queued, 0)
}

function resources (): ProxyResources {
  globalThis.gc?.()
  const { heapUsed: heap, external, rss } = process.memoryUsage()
  const active: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) active[kind] = (active[kind] ?? 0) + 1
  return { heap, external, rss, files: readdirSync('/dev/fd').length, active, inflight: inflight() }
}
