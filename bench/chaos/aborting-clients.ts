import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'

/** Milliseconds: the longest a client stays, and the longest pause until it comes back. */
const LONGEST_STAY = 100
const LONGEST_PAUSE = 250
const POST_SHARE = 0.5
const BODY_LENGTH = 4096

/** Clients that send a request, or part of it, and leave at some point: in the head, in the body, before or in the answer. */
export class AbortingClients {
  readonly #port: number
  readonly #random: Random
  readonly #loops: Array<Promise<void>>
  #leaving = false
  #requests = 0

  constructor (url: string, count: number, random: Random) {
    this.#port = Number(new URL(url).port)
    this.#random = random
    this.#loops = Array.from({ length: count }, () => this.#come())
  }

  /** @returns how many requests they began, when all have left. */
  async stop (): Promise<number> {
    this.#leaving = true
    await Promise.all(this.#loops)
    return this.#requests
  }

  async #come (): Promise<void> {
    while (!this.#leaving) {
      await sleep(this.#random() * LONGEST_PAUSE)
      const socket = connect(this.#port, '127.0.0.1').on('error', () => {})
      socket.resume()
      this.#sendSome(socket)
      await sleep(this.#random() * LONGEST_STAY)
      if (this.#random() < 0.5) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  /** One in four goes out as far as some byte only, the others as a whole. */
  #sendSome (socket: Socket): void {
    const id = `x${++this.#requests}`
    const bytes = Buffer.from(this.#random() < POST_SHARE
      ? `POST /slow/${id} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${BODY_LENGTH}\r\n\r\n${'x'.repeat(BODY_LENGTH)}`
      : `GET /slow/${id} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const length = this.#random() < 0.25 ? 1 + Math.floor(this.#random() * (bytes.length - 1)) : bytes.length
    socket.write(bytes.subarray(0, length))
  }
}
