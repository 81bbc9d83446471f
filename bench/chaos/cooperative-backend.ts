import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import fastify from 'fastify'
import type { Report } from './protocol.js'

/**
 * A backend as our documentation tells to build one, whose only bad day is a SIGTERM. Arguments: its number, its port, the file
 * of its ledger, the built plugin. It ends when its parent has gone.
 */
const [name = '1', port = '0', ledgerFile = '', plugin = ''] = process.argv.slice(2)

/** Milliseconds. */
const SERVICE_TIME = 2
const SERVICE_SPREAD = 3
/** Longer than any proxy keeps a connection. */
const KEEP_ALIVE = 120_000
/**
 * A proxy without health checks sends requests until nobody accepts them; the drain waits for the quiet that one with them leaves,
 * but not for ever.
 */
const NOTICE = '8s'

const ledger = openSync(ledgerFile, 'a')
// The entry of the built plugin is what this type describes.
const { default: headraceBackend } = await import(pathToFileURL(plugin).href) as typeof import('../../src/backend/index.js')

const app = fastify({ keepAliveTimeout: KEEP_ALIVE })
await app.register(headraceBackend, { notice: NOTICE })
app.get('/', () => ({ backend: name }))
app.route<{ Params: { id: string } }>({
  method: ['GET', 'POST'],
  url: '/work/:id',
  handler: async request => {
    writeSync(ledger, `${Date.now()} ${request.method} ${request.params.id}\n`)
    await sleep(SERVICE_TIME + Math.random() * SERVICE_SPREAD)
    return { backend: name }
  }
})

// It is asked for nothing else.
process.on('message', () => { report({ open: app.headraceBackend.inflight }) })
process.once('disconnect', () => { process.exit() })
await app.listen({ host: '127.0.0.1', port: Number(port) })
report({ port: Number(port) })

function report (message: Report): void {
  process.send?.(message)
}
