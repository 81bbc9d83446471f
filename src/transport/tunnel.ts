import type { Duplex } from 'node:stream'
import { CallbackDeadline, type TimerWheel } from '../base/timer-wheel.js'

/** How a tunnel ended. */
export interface TunnelEnd {
  /** Bytes that went to the client and to the target. */
  readonly toClient: number
  readonly toTarget: number
  readonly idle: boolean
}

export interface TunnelOptions {
  /** Milliseconds without a byte in either direction after which both ends are closed; 0 = no limit. */
  readonly idleTimeout: number
  readonly wheel: TimerWheel
}

/**
 * Joins two connections until both have ended: bytes pass both ways with backpressure, an end on one side is passed on as an end
 * (half-close), an error or a sudden close on one side destroys the other.
 */
export function tunnel (client: Duplex, target: Duplex, options: TunnelOptions, ended: (end: TunnelEnd) => void): void {
  const { idleTimeout, wheel } = options
  let toClient = 0
  let toTarget = 0
  let moved = false
  let open = 2
  let idle = false
  const watch = new CallbackDeadline(() => {
    if (moved) {
      moved = false
      wheel.arm(watch, idleTimeout)
      return
    }
    idle = true
    client.destroy()
    target.destroy()
  })
  const onClose = (): void => {
    if (--open !== 0) return
    wheel.disarm(watch)
    ended({ toClient, toTarget, idle })
  }
  join(client, target, bytes => { toTarget += bytes; moved = true }, onClose)
  join(target, client, bytes => { toClient += bytes; moved = true }, onClose)
  if (idleTimeout !== 0) wheel.arm(watch, idleTimeout)
}

/** One direction. */
function join (from: Duplex, to: Duplex, count: (bytes: number) => void, closed: () => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length)
    if (to.destroyed) return
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => { from.resume() })
  from.on('end', () => { to.end() })
  // An error is always followed by 'close', which is what ends the tunnel.
  from.on('error', () => { to.destroy() })
  from.on('close', () => {
    // After a clean end the other side may still have data to deliver; without one there is nothing to wait for.
    if (!from.readableEnded) to.destroy()
    else if (!to.writableEnded) to.end()
    closed()
  })
  from.resume()
}
