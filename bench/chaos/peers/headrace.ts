import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { builtModules } from '../process-modules.js'
import type { ProxyReport } from '../protocol.js'
import type { ChaosProxy } from './chaos-proxy.js'

/** Milliseconds that it may take to listen or to answer a question. */
const LIMIT = 10_000

/**
 * @param backends their URLs.
 * @param perTryTimeout the same that the others are given, unless the machine is known to be slow.
 */
export function headraceConfig (backends: readonly string[], perTryTimeout = '1s'): object {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    log: { level: 'info', access: false },
    timeouts: { connect: '1s' },
    pools: {
      api: {
        strategy: 'least-connections',
        targets: backends,
        // One failure is enough, as for nginx by default: the others are told the same with max_fails, observe and max_fails.
        passiveHealth: { consecutiveFailures: 1, statuses: [500, 502, 503, 504], ejection: '3s', maxEjection: '3s' },
        healthCheck: { path: '/health', interval: '1s', timeout: '500ms', fall: 2, rise: 1 }
      }
    },
    routes: [{
      prefix: '/',
      pool: 'api',
      // The same statuses as the others are given.
      retry: { attempts: 3, perTryTimeout, on: ['connect', 'reset', 'timeout', 500, 502, 503, 504], tryFor: '5s' }
    }]
  }
}

export const headrace = headraceWith()

/** Our own proxy, which also tells what is in flight. */
export function headraceWith (perTryTimeout?: string): ChaosProxy {
  return {
    name: 'headrace',
    installed: () => existsSync(builtModules.proxy),
    start: async ({ children, modules, label, backends }) => {
      const file = join(children.directory, `${label}.json`)
      writeFileSync(file, JSON.stringify(headraceConfig(backends, perTryTimeout)))
      const child = children.fork(modules.headrace, [file, `${file}.log`, modules.proxy])
      const { url } = await reported(child, message => 'url' in message ? message : undefined)
      return { url, child, inflight: () => askInflight(child) }
    }
  }
}

function askInflight (child: ChildProcess): Promise<number> {
  const answer = reported(child, message => 'inflight' in message ? message.inflight : undefined)
  child.send('inflight')
  return answer
}

function reported<T> (child: ChildProcess, read: (message: ProxyReport) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit)
      settle()
    }
    const onMessage = (message: ProxyReport): void => {
      const value = read(message)
      if (value !== undefined) finish(() => { resolve(value) })
    }
    const onExit = (status: number | null): void => {
      finish(() => { reject(new Error(`headrace ended with status ${status ?? 'none'}`)) })
    }
    const timer = setTimeout(() => { finish(() => { reject(new Error('headrace did not answer')) }) }, LIMIT)
    child.on('message', onMessage).once('exit', onExit)
  })
}
