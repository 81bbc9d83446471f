import { Agent, request, type IncomingMessage } from 'node:http'
import type { Sample } from './sample.js'

/** Of five requests, one is a POST. */
const POST_EVERY = 5
/** Milliseconds a client waits for the whole answer. */
const CLIENT_TIMEOUT = 10_000
/** Milliseconds between two looks at the clock. */
const TICK = 4
/** So many that no request waits for another: a load that slows down with the proxy would hide what it does. */
const MAX_SOCKETS = 512
const BODY = Buffer.from(JSON.stringify({ order: 'x'.repeat(100) }))

/** GETs and POSTs, each with an id of its own, at a rate that does not depend on how they fare. */
export class ConstantLoad {
  readonly #url: URL
  readonly #rate: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS })
  readonly #samples: Sample[] = []
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #since = 0
  #sent = 0

  /** @param rate requests per second. */
  constructor (url: string, rate: number) {
    this.#url = new URL(url)
    this.#rate = rate
  }

  start (): void {
    this.#since = Date.now()
    this.#timer = setInterval(() => { this.#sendDue() }, TICK)
  }

  /** Sends no more. @returns all requests, when the last has ended. */
  async stop (): Promise<readonly Sample[]> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
    this.#agent.destroy()
    return this.#samples
  }

  #sendDue (): void {
    for (;;) {
      const due = this.#since + this.#sent * 1000 / this.#rate
      if (due > Date.now()) return
      this.#send(due)
    }
  }

  #send (begun: number): void {
    const number = ++this.#sent
    const method = number % POST_EVERY === 0 ? 'POST' : 'GET'
    const id = `${method === 'POST' ? 'p' : 'g'}${number}`
    const exchange = this.#exchange(method, id).then(ended => {
      this.#samples.push({ id, method, begun, took: Date.now() - begun, ended })
      this.#underWay.delete(exchange)
    })
    this.#underWay.add(exchange)
  }

  #exchange (method: 'GET' | 'POST', id: string): Promise<number | string> {
    return new Promise(resolve => {
      const outgoing = request({
        agent: this.#agent,
        host: this.#url.hostname,
        port: this.#url.port,
        method,
        path: `/work/${id}?id=${id}`,
        headers: { 'x-request-id': id, ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': BODY.length } : {}) }
      })
      const timer = setTimeout(() => { outgoing.destroy(Object.assign(new Error(), { code: 'timeout' })) }, CLIENT_TIMEOUT)
      const end = (how: number | string): void => {
        clearTimeout(timer)
        resolve(how)
      }
      let begun = false
      // What cuts a response short is an error of the response, of the request, or of both, as Node's version has it.
      const fail = ({ code, message }: NodeJS.ErrnoException): void => { end(begun ? `cut short (${code ?? message})` : code ?? message) }
      outgoing.on('error', fail)
      outgoing.once('response', (response: IncomingMessage) => {
        begun = true
        response.resume()
        response.on('error', fail)
        response.once('end', () => { end(response.statusCode ?? 0) })
      })
      outgoing.end(method === 'POST' ? BODY : undefined)
    })
  }
}
