import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { poolInput } from '../../src/simulation/pool-input.js'
import type { Children } from '../children.js'
import { root } from '../root.js'
import type { PoolTarget } from './fleet.js'
import { POOL, type ProxyAnswer, type ProxyOrder } from './proxy-protocol.js'

const MODULE = fileURLToPath(new URL('./proxy-host.js', import.meta.url))

/** Where the build leaves the package. */
export const BUILD = join(root, 'dist')

/** What a run varies of the proxy's config. */
export interface ProxySetup {
  readonly strategy: string
  readonly targets: readonly PoolTarget[]
  /** Further options of the pool. */
  readonly pool: Readonly<Record<string, unknown>>
}

/** The proxy under test, a process. */
export class Proxy {
  readonly #children: Children
  readonly #child: ChildProcess
  readonly #entry: string

  /** @param build directory of the build under test. @throws if it is not there. */
  constructor (children: Children, build: string) {
    this.#entry = resolve(build, 'index.js')
    if (!existsSync(this.#entry)) throw new Error(`${this.#entry} is not there: build first`)
    this.#children = children
    this.#child = children.fork(MODULE, [])
  }

  /** Starts the built package on a free port. @returns its URL. @throws if it refuses its config. */
  async start (setup: ProxySetup): Promise<string> {
    const answer = await this.#order({ order: 'start', entry: pathToFileURL(this.#entry).href, config: config(setup) })
    return answer.answer === 'listening' ? answer.url : ''
  }

  /** Gives the pool other targets; those that stay keep their state, those that go finish what they have. */
  async reconcile (targets: readonly PoolTarget[]): Promise<void> {
    await this.#order({ order: 'targets', targets })
  }

  /** Asks it to end and waits; false = it did not within its time and was killed. */
  async end (): Promise<boolean> {
    return await this.#children.end(this.#child)
  }

  #order (order: ProxyOrder): Promise<ProxyAnswer> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      const ended = (status: number | null): void => { reject(new Error(`the proxy ended with status ${status ?? 'none'}`)) }
      child.once('exit', ended)
      child.once('message', (answer: ProxyAnswer) => {
        child.off('exit', ended)
        if (answer.answer === 'failed') reject(new Error(`the proxy: ${answer.reason}`))
        else resolve(answer)
      })
      child.send(order)
    })
  }
}

function config ({ strategy, targets, pool }: ProxySetup): object {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    log: { access: false },
    pools: { [POOL]: { ...poolInput(strategy, pool), targets } },
    routes: [{ prefix: '/', pool: POOL }]
  }
}
