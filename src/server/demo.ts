import type { Clock } from '../base/clock.js'
import { loadConfig } from '../config/load.js'
import { startDemoBackends } from './demo-backends.js'
import type { RunningProxy } from './running-proxy.js'
import { start, type StartOptions } from './start.js'

/** A demonstration that runs: a proxy before three sample backends. */
export interface Demo {
  readonly proxy: RunningProxy
  readonly backends: readonly string[]
  close (): Promise<void>
}

/** Starts three sample backends and a proxy in front of them; needs no file and no other program. */
export async function startDemo (clock: Clock, port: number, options: StartOptions): Promise<Demo> {
  const backends = await startDemoBackends(clock)
  const config = loadConfig({
    listen: { host: '127.0.0.1', port },
    log: { level: 'info', access: true },
    pools: { demo: { strategy: 'least-connections', targets: backends.urls, healthCheck: { path: '/health', interval: '2s' } } },
    routes: [{ prefix: '/', pool: 'demo' }]
  })
  try {
    const proxy = await start(config, { ...options, clock })
    return {
      proxy,
      backends: backends.urls,
      close: async () => {
        await proxy.close(0)
        await backends.close()
      }
    }
  } catch (error) {
    await backends.close()
    throw error
  }
}
