import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Timer } from '../base/clock.js'

/** Milliseconds between two events of `/events`. */
const EVENT_INTERVAL = 1000

/** Sample backends that are listening. */
export interface DemoBackends {
  /** `http://127.0.0.1:PORT`, in the order of their numbers. */
  readonly urls: readonly string[]
  /** Stops them, cutting what is under way. Resolves when their ports are free. */
  close (): Promise<void>
}

/**
 * Starts small HTTP servers on free loopback ports, for something to balance over. Each answers any path with JSON that
 * says which one it is, `/health` with 200, and `/events` with a server-sent event a second.
 * @throws what listening throws; then none is left running.
 */
export async function startDemoBackends (clock: Clock, count = 3): Promise<DemoBackends> {
  const backends = Array.from({ length: count }, (_, index) => new DemoBackend(index + 1, clock))
  const close = async (): Promise<void> => { await Promise.all(backends.map(backend => backend.close())) }
  try {
    return { urls: await Promise.all(backends.map(backend => backend.listen())), close }
  } catch (error) {
    await close()
    throw error
  }
}

class DemoBackend {
  readonly #number: number
  readonly #clock: Clock
  readonly #server: Server
  #served = 0

  constructor (number: number, clock: Clock) {
    this.#number = number
    this.#clock = clock
    this.#server = createServer((request, response) => { this.#answer(request, response) })
  }

  listen (): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => {
        // A server listening on TCP has an AddressInfo; the other kinds are for sockets with a path and for closed servers.
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`)
      })
    })
  }

  close (): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  #answer (request: IncomingMessage, response: ServerResponse): void {
    // A body is of no interest, but unread it would hold up the connection's next request.
    request.resume()
    const [path] = (request.url ?? '/').split('?', 1)
    if (path === '/health') this.#json(response, { status: 'ok' })
    else if (path === '/events') this.#events(request, response)
    else this.#json(response, { hello: `from backend ${this.#number}`, path: request.url, served: ++this.#served })
  }

  #json (response: ServerResponse, value: object): void {
    const text = `${JSON.stringify(value)}\n`
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  }

  #events (request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    let count = 0
    let timer: Timer
    const next = (): void => {
      // Who does not read misses events: better than keeping them all in memory.
      if (!response.writableNeedDrain) response.write(`id: ${++count}\ndata: ${JSON.stringify({ backend: this.#number, count })}\n\n`)
      timer = this.#clock.after(EVENT_INTERVAL, next)
    }
    response.once('close', () => { timer.cancel() })
    next()
  }
}
