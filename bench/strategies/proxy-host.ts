import type * as Headrace from '../../src/index.js'
import { POOL, type ProxyAnswer, type ProxyOrder } from './proxy-protocol.js'

/** The process of the proxy under test: it runs the built package and changes the pool's targets when the parent says so. Ends when that has gone. */

let proxy: Headrace.RunningProxy | undefined

process.on('message', (order: ProxyOrder) => {
  obey(order).catch((error: unknown): ProxyAnswer => ({ answer: 'failed', reason: reason(error) })).then(answer => process.send?.(answer))
})
process.once('disconnect', () => { process.exit() })
process.once('SIGTERM', () => {
  void proxy?.close(0).then(() => { process.exit() })
  if (proxy === undefined) process.exit()
})

async function obey (order: ProxyOrder): Promise<ProxyAnswer> {
  if (order.order === 'targets') {
    const pool = proxy?.pools.get(POOL)
    if (pool === undefined) throw new Error('the proxy is not running')
    pool.reconcile(order.targets)
    return { answer: 'done' }
  }
  // The entry is what `npm run build` makes of that module.
  const { startProxy } = await import(order.entry) as typeof Headrace
  proxy = await startProxy(order.config)
  return { answer: 'listening', url: proxy.addresses[0] ?? '' }
}

/** A config error holds all its faults. */
function reason (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const faults = 'faults' in error && Array.isArray(error.faults) ? error.faults.map(fault => JSON.stringify(fault)) : []
  return [error.message, ...faults].join('\n  ')
}
