import { once } from 'node:events'
import net from 'node:net'
import { Waiter } from '../fixtures/waiter.js'
import { readStrictly, type StrictReading } from './strict-request.js'

interface Teardown { teardown (fn: () => Promise<void> | void): void }

/** All the bytes of one connection, as they came. */
export class Recording {
  bytes: Buffer = Buffer.alloc(0)
  open = true
  answered = 0

  get reading (): StrictReading {
    return readStrictly(this.bytes)
  }
}

/**
 * A target that keeps every byte, reads it with a parser of its own, strictly, and answers each request it understands with that
 * request's target. What is unclear to it ends the connection.
 */
export class RecordingBackend {
  readonly recordings: Recording[] = []
  readonly #server = net.createServer({ noDelay: true }, socket => { this.#accept(socket) })
  readonly #sockets = new Set<net.Socket>()
  readonly #waiter = new Waiter()

  async listen (): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url (): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the backend has no port')
    return `http://127.0.0.1:${address.port}`
  }

  /** Forgets what came so far: of connections that stand only what comes from now on counts. */
  forget (): void {
    for (const recording of this.recordings) {
      recording.bytes = Buffer.alloc(0)
      recording.answered = 0
    }
    this.recordings.splice(0, this.recordings.length, ...this.recordings.filter(({ open }) => open))
  }

  until (condition: () => boolean): Promise<void> {
    return this.#waiter.until(condition)
  }

  async close (): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept (socket: net.Socket): void {
    const recording = new Recording()
    this.recordings.push(recording)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      recording.open = false
      this.#waiter.changed()
    })
    socket.on('data', bytes => {
      recording.bytes = Buffer.concat([recording.bytes, bytes])
      const { requests, fault } = recording.reading
      for (const { method, target } of requests.slice(recording.answered)) {
        recording.answered++
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\nX-Method: ${method}\r\n\r\n${method === 'HEAD' ? '' : target}`, 'latin1')
      }
      if (fault !== null) socket.destroy()
      this.#waiter.changed()
    })
  }
}

/** Starts one that is closed when the test ends. */
export async function startRecordingBackend (t: Teardown): Promise<RecordingBackend> {
  const backend = new RecordingBackend()
  await backend.listen()
  t.teardown(() => backend.close())
  return backend
}
