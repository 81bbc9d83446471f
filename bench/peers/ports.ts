import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that a proxy may take to listen, and between two tries. */
const LIMIT = 10_000
const PAUSE = 50

/** A port for a program that can't choose one for itself. Nothing keeps it free but that it was handed out lately. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}

/**
 * Waits until a GET is answered with 200.
 * @throws if that takes too long.
 */
export async function reachable (url: string): Promise<void> {
  const end = performance.now() + LIMIT
  while (performance.now() < end) {
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.status === 200) return
    await sleep(PAUSE)
  }
  throw new Error(`${url} did not answer 200 within ${LIMIT} ms`)
}
