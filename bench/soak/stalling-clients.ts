import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import { large, pieces } from './payloads.js'

/** Milliseconds: the longest a client stays, and the longest pause until it comes back. */
const LONGEST_STAY = 1000
const LONGEST_PAUSE = 500
/** Bytes after which the most patient of those who download stops reading. */
const LONGEST_READ = 2_000_000
const UPLOAD = 10_000_000
const UPLOAD_PAUSE = 10
const ANSWER_PAUSE = 5
/** RFC 6455, section 5.2: a masked text message; with a mask of zeros it reads as it stands. */
const MESSAGE = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])

/**
 * Clients that begin something large and leave in the middle: a download that they read a part of and then no more, so that it
 * backs up, an upload with its length given or not, a WebSocket that is cut off without a word.
 */
export class StallingClients {
  readonly #port: number
  readonly #random: Random
  readonly #loops: Array<Promise<void>>
  #leaving = false
  #begun = 0

  constructor (url: string, count: number, random: Random) {
    this.#port = Number(new URL(url).port)
    this.#random = random
    this.#loops = Array.from({ length: count }, () => this.#come())
  }

  /** @returns how many times they came, when all have left. */
  async stop (): Promise<number> {
    this.#leaving = true
    await Promise.all(this.#loops)
    return this.#begun
  }

  async #come (): Promise<void> {
    const ways = [this.#download, this.#upload, this.#converse]
    while (!this.#leaving) {
      await sleep(this.#random() * LONGEST_PAUSE)
      const socket = connect(this.#port, '127.0.0.1').on('error', () => {})
      const stay = this.#random() * LONGEST_STAY
      await Promise.all([ways[this.#begun++ % ways.length]?.(socket, Date.now() + stay), sleep(stay)])
      if (this.#random() < 0.5) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  readonly #download = async (socket: Socket): Promise<void> => {
    let left = this.#random() * LONGEST_READ
    socket.on('data', (chunk: Buffer) => { if ((left -= chunk.length) < 0) socket.pause() })
    socket.write(`GET /huge/s${this.#begun} HTTP/1.1\r\nHost: a\r\n\r\n`)
  }

  /** Ends a few milliseconds before `until`, with most of the body to come. */
  readonly #upload = async (socket: Socket, until: number): Promise<void> => {
    const chunked = this.#random() < 0.5
    socket.resume()
    socket.write(`POST /upload/s${this.#begun} HTTP/1.1\r\nHost: a\r\n${chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${UPLOAD}`}\r\n\r\n`)
    for (let i = 0; Date.now() < until - UPLOAD_PAUSE && !socket.destroyed; i++) {
      const piece = pieces[i % pieces.length] ?? large
      if (chunked) socket.write(`${piece.length.toString(16)}\r\n`)
      socket.write(piece)
      if (chunked) socket.write('\r\n')
      await sleep(UPLOAD_PAUSE)
    }
  }

  readonly #converse = async (socket: Socket): Promise<void> => {
    socket.on('data', () => { setTimeout(() => { socket.destroyed || socket.write(MESSAGE) }, ANSWER_PAUSE) })
    socket.write('GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  }
}
