import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './summary.js'

/** Load at a constant rate: requests come whether or not earlier ones have been answered, as those of many users do. */
export interface OpenLoop {
  readonly url: string
  /** Requests per second. */
  readonly rate: number
  readonly seconds: number
  /** Milliseconds after which a client leaves. */
  readonly patience: number
}

/** Milliseconds between two looks at the clock: what fell due meanwhile is sent at once. */
const TICK = 2

/** Sends a GET every 1/rate s, each on a connection of its own as long as there is no idle one, and waits for the last of them. */
export async function runOpenLoop (load: OpenLoop): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity })
  const answers: Array<Promise<Answer>> = []
  const total = Math.round(load.rate * load.seconds)
  const begun = performance.now()
  while (answers.length < total) {
    const due = Math.min(total, Math.floor((performance.now() - begun) * load.rate / 1000) + 1)
    // Latency counts from when a request was due: a late generator must not make the proxy look quicker.
    while (answers.length < due) answers.push(ask(load, agent, begun + answers.length * 1000 / load.rate))
    await sleep(TICK)
  }
  const all = await Promise.all(answers)
  agent.destroy()
  return all
}

function ask (load: OpenLoop, agent: Agent, due: number): Promise<Answer> {
  return new Promise(resolve => {
    let gaveUp = false
    const request = get(load.url, { agent }, response => {
      response.resume()
      response.once('end', () => { end(response.statusCode ?? 0) })
      response.once('error', () => { end('failed') })
    })
    const timer = setTimeout(() => {
      gaveUp = true
      request.destroy()
      end('gave up')
    }, load.patience)
    const end = (result: Answer['result']): void => {
      clearTimeout(timer)
      resolve({ result, latency: performance.now() - due })
    }
    request.once('error', () => { if (!gaveUp) end('failed') })
  })
}
