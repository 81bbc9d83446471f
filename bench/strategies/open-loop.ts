import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import { arrivals } from '../../src/simulation/arrivals.js'
import type { Clients } from './clients.js'
import { PATIENCE, type LoadErrors, type LoadOptions, type LoadResult } from './load.js'
import { Tally } from './tally.js'

/** Load at a rate, in requests per second outside of bursts. */
export interface OpenLoopOptions extends LoadOptions {
  readonly rate: number
}

/**
 * Sends GETs that come at random (Poisson) and do not wait for each other, each on a connection of its own as long as there is no idle one, and
 * waits for the last answer. Latency counts from the moment at which a request was due, so a late generator or a proxy that does
 * not take connections can not make it look shorter.
 *
 * autocannon does not serve here: its rate is a quota of each connection for each second, spent at the second's begin, one request after the other.
 */
export async function runOpenLoop (options: OpenLoopOptions, clients: Clients, random: Random): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity })
  const tally = new Tally()
  const next = arrivals(options.rate, options.load.bursts, random)
  const end = options.seconds * 1000
  const answers: Array<Promise<void>> = []
  options.begun?.()
  const begun = performance.now()
  for (let due = next(); due < end; due = next()) {
    const early = begun + due - performance.now()
    // A timer that is asked for less takes a millisecond all the same.
    if (early >= 1) await sleep(early)
    answers.push(ask(options.url, agent, begun + due, clients, tally))
  }
  await sleep(Math.max(0, begun + end - performance.now()))
  await Promise.all(answers)
  agent.destroy()
  return tally.result(options.seconds)
}

/** Never rejects. @param due when the request was to be sent, in milliseconds of `performance.now`. */
function ask (url: string, agent: Agent, due: number, clients: Clients, tally: Tally): Promise<void> {
  const client = clients.any()
  const headers = clients.fields(client, client)
  return new Promise(resolve => {
    let open = true
    const end = (count: () => void): void => {
      if (!open) return
      open = false
      clearTimeout(timer)
      count()
      resolve()
    }
    const fail = (error: Error): void => { end(() => { tally.failed(kindOf(error)) }) }
    const request = get(url, { agent, headers }, response => {
      const backend = response.headers['x-backend']
      if (typeof backend === 'string') tally.by(backend, String(client))
      for (const cookie of response.headers['set-cookie'] ?? []) clients.keep(client, cookie)
      response.resume()
      response.once('end', () => { end(() => { tally.answered(response.statusCode ?? 0, performance.now() - due) }) })
      response.once('error', fail)
    })
    const timer = setTimeout(() => {
      end(() => { tally.failed('timeouts') })
      request.destroy()
    }, PATIENCE * 1000)
    request.on('error', fail)
  })
}

/** Node has one code for a connection that was reset and one that was closed in good order; only the latter is a "hang up". */
function kindOf (error: Error): keyof LoadErrors {
  return error.message === 'socket hang up' ? 'unanswered' : 'socket'
}
