import { request, type Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import { KEEP_ALIVE } from './race-protocol.js'

const POST_SHARE = 0.5
const BODY = Buffer.from(JSON.stringify({ order: 'x'.repeat(100) }))
/** Milliseconds a client waits for the whole answer. */
const LIMIT = 10_000
/** Milliseconds between two rounds, where they are left to chance. */
const SHORTEST_GAP = 200
const LONGEST_GAP = 3000
/** How many rounds come when a connection is about to be closed: by its target, or by a proxy that is careful in one way or another. */
const CLOSE_SHARE = 0.7
const MOMENTS = [KEEP_ALIVE, KEEP_ALIVE, KEEP_ALIVE, KEEP_ALIVE / 2, KEEP_ALIVE * 0.8]
/** How far around such a moment, to either side, in ms: some aim well, some do not. */
const AIMS = [4, 30]
/** Rounds of two requests at once leave a connection behind that rests longer than the other. */
const PAIR_SHARE = 0.3

export interface RaceClientOptions {
  /** Of the proxy, with the path of the route. */
  readonly url: string
  readonly agent: Agent
  /** Distinguishes its requests from those of other clients. */
  readonly name: string
  readonly random: Random
}

/** How one request of a race ended: a status, or what went wrong. */
export interface RaceSample {
  readonly id: string
  readonly method: 'GET' | 'POST'
  readonly ended: number | string
}

/** Sends now and then a request or two to one pool, most of them when a connection has just been, or is just being, closed. */
export class RaceClient {
  readonly samples: RaceSample[] = []
  readonly #options: RaceClientOptions
  readonly #done: Promise<void>
  readonly #end = new AbortController()
  #sent = 0

  constructor (options: RaceClientOptions) {
    this.#options = options
    this.#done = this.#run()
  }

  async stop (): Promise<void> {
    this.#end.abort()
    await this.#done
  }

  async #run (): Promise<void> {
    const { random } = this.#options
    const { signal } = this.#end
    while (!signal.aborted) {
      await sleep(gap(random), null, { signal }).catch(() => {})
      const round = [this.#send()]
      if (random() < PAIR_SHARE) round.push(this.#send())
      await Promise.all(round)
    }
  }

  async #send (): Promise<void> {
    const method = this.#options.random() < POST_SHARE ? 'POST' : 'GET'
    const id = `${this.#options.name}-${++this.#sent}`
    this.samples.push({ id, method, ended: await this.#exchange(method, id) })
  }

  #exchange (method: 'GET' | 'POST', id: string): Promise<number | string> {
    const { url, agent } = this.#options
    return new Promise(resolve => {
      const headers = method === 'POST' ? { 'content-type': 'application/json', 'content-length': BODY.length } : {}
      const outgoing = request(`${url}/${id}`, { agent, method, headers, timeout: LIMIT })
      outgoing.once('timeout', () => { outgoing.destroy(Object.assign(new Error(), { code: 'timeout' })) })
      outgoing.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? error.message) })
      outgoing.once('response', response => {
        response.resume()
        response.once('error', (error: NodeJS.ErrnoException) => { resolve(`cut short (${error.code ?? error.message})`) })
        response.once('end', () => { resolve(response.statusCode ?? 0) })
      })
      outgoing.end(method === 'POST' ? BODY : undefined)
    })
  }
}

function gap (random: Random): number {
  if (random() >= CLOSE_SHARE) return SHORTEST_GAP + random() * (LONGEST_GAP - SHORTEST_GAP)
  return any(MOMENTS, random) + any(AIMS, random) * (2 * random() - 1)
}

function any (values: readonly number[], random: Random): number {
  return values[Math.floor(random() * values.length)] ?? KEEP_ALIVE
}
