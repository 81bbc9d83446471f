import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { HeadraceBackendOptions } from '../../src/backend/options.js'
import { backendPlugin } from '../../src/backend/plugin.js'
import { Waiter } from '../fixtures/waiter.js'
import { FakeProcess } from './fake-process.js'

export type Status = 'ok' | 'failing' | 'draining'

/** An app with the plugin, over a clock and a process of the test's own. */
export class World {
  readonly clock = new VirtualClock()
  readonly process = new FakeProcess()
  readonly app: FastifyInstance
  readonly log: Array<Record<string, unknown>> = []
  readonly #waiter = new Waiter()
  /** Lets `/slow` answer. */
  release: () => void = () => {}

  constructor (options: FastifyServerOptions) {
    const stream = {
      write: (line: string) => {
        this.log.push(JSON.parse(line) as Record<string, unknown>)
        this.#waiter.changed()
      }
    }
    this.app = Fastify({ logger: { level: 'info', stream }, ...options })
    this.process.onExit = () => { this.#waiter.changed() }
    const released = new Promise<void>(resolve => { this.release = resolve })
    this.app.get('/', async () => 'hello')
    this.app.get('/slow', async () => {
      await released
      return 'late'
    })
    this.app.addHook('onRequest', async request => {
      if (request.method !== 'OPTIONS') this.#waiter.changed()
    })
  }

  get messages (): unknown[] {
    return this.log.map(({ msg }) => msg)
  }

  /** Resolves when this was logged. */
  async logged (message: string): Promise<void> {
    await this.until(() => this.messages.includes(message))
  }

  /** Resolves once this holds; looked at when something was logged, a request came or the process ended. */
  async until (condition: () => boolean): Promise<void> {
    await this.#waiter.until(condition)
  }

  async listen (): Promise<number> {
    return Number(new URL(await this.app.listen({ host: '127.0.0.1', port: 0 })).port)
  }

  /** Asks for health. */
  async health (): Promise<{ code: number, status: Status }> {
    const response = await this.app.inject('/health')
    // The body of the health route has this shape.
    return { code: response.statusCode, status: (response.json() as { status: Status }).status }
  }
}

/** Makes an app; it is closed when the test ends. */
export async function world (t: Test, options: HeadraceBackendOptions = {}, server: FastifyServerOptions & { https?: object } = {}): Promise<World> {
  const made = new World(server)
  await made.app.register(backendPlugin(made.clock, made.process), options)
  t.teardown(async () => {
    made.app.server.closeAllConnections()
    await made.app.close()
  })
  return made
}
