import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

const CONNECTIONS = '/proc/net/tcp'

/** What the states of a connection are called there. */
const ESTABLISHED = '01'

/**
 * Blocks until what a socket of this process has just sent over IPv4 to another one of this process, an end or a reset included, lies in the kernel for that one
 * to be read. The loopback device mostly delivers within the call, but it need not: where the machine is busy it does so later. The event loop does not go on
 * meanwhile. Does nothing where the system does not tell.
 * @param ports of the one that sends: it must be asked for them before it is closed.
 */
export function untilDelivered ({ from, to }: Ports): void {
  if (!existsSync(CONNECTIONS)) return
  const [local, remote] = [to, from].map(port => port.toString(16).toUpperCase().padStart(4, '0'))
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let i = 0; i < 10_000; i++) {
    const row = readFileSync(CONNECTIONS, 'utf8').split('\n').map(line => line.trim().split(/\s+/))
      .find(([, here = '', there = '']) => here.endsWith(`:${local}`) && there.endsWith(`:${remote}`))
    const [,,, state, queues = ''] = row ?? []
    if (row === undefined || state !== ESTABLISHED || !queues.endsWith(':00000000')) return
    Atomics.wait(pause, 0, 0, 1)
  }
  throw new Error(`nothing has come from port ${from} to port ${to}`)
}

export interface Ports {
  readonly from: number
  readonly to: number
}

/** The ports of a connection, as its end that sends sees them. */
export function portsOf ({ localPort, remotePort }: Socket): Ports {
  if (localPort === undefined || remotePort === undefined) throw new Error('the socket is not connected')
  return { from: localPort, to: remotePort }
}
