import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Random } from '../../src/base/random.js'

/** Below what systems give to outgoing connections by themselves: a target that is dead for a while must find its port free again. */
const FIRST = 20_000
const LAST = 32_000
const TRIES = 100

/**
 * A port that nobody listens on now and no outgoing connection is given later.
 * @throws if a hundred were in use.
 */
export async function stablePort (random: Random): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(random() * (LAST - FIRST))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`)
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
