import type { ChildProcess } from 'node:child_process'
import { on } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessModules } from '../chaos/process-modules.js'
import type { ProxyQuestion, ProxyReport, ProxyResources } from '../chaos/protocol.js'
import type { Children } from '../children.js'

/** Milliseconds that it may take to listen or to answer a question. */
const LIMIT = 10_000

export interface SoakProxyOptions {
  readonly children: Children
  readonly modules: ProcessModules
  /** Of its files. */
  readonly label: string
  readonly config: object
}

/** The built proxy in a process of its own, which collects its garbage before it tells what it holds. */
export class SoakProxy {
  readonly url: string
  readonly log: string
  readonly #children: Children
  readonly #child: ChildProcess

  private constructor (url: string, log: string, children: Children, child: ChildProcess) {
    this.url = url
    this.log = log
    this.#children = children
    this.#child = child
  }

  static async start ({ children, modules, label, config }: SoakProxyOptions): Promise<SoakProxy> {
    const file = join(children.directory, `${label}.json`)
    const log = join(children.directory, `${label}.log`)
    writeFileSync(file, JSON.stringify(config))
    const child = children.spawn(process.execPath, ['--expose-gc', modules.headrace, file, log, modules.proxy], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    return new SoakProxy(await reported(child, message => 'url' in message ? message.url : undefined), log, children, child)
  }

  resources (): Promise<ProxyResources> {
    const answer = reported(this.#child, message => 'resources' in message ? message.resources : undefined)
    this.#child.send('resources' satisfies ProxyQuestion)
    return answer
  }

  /** @returns false if it did not end when asked to. */
  end (): Promise<boolean> {
    return this.#children.end(this.#child)
  }
}

/** Waits for a message that `read` makes something of. @throws {AbortError} if none comes in time. */
async function reported<T> (child: ChildProcess, read: (message: ProxyReport) => T | undefined): Promise<T> {
  // What it sends is typed on its side; an event's arguments come as a list.
  for await (const [message] of on(child, 'message', { signal: AbortSignal.timeout(LIMIT) }) as AsyncIterable<[ProxyReport]>) {
    const value = read(message)
    if (value !== undefined) return value
  }
  throw new Error('the proxy sent no message')
}
