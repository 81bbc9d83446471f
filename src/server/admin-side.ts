import { createAdminListener } from '../admin/listener.js'
import type { Control } from '../admin/control.js'
import type { Clock } from '../base/clock.js'
import type { AdminConfig } from '../config/resolve-admin.js'
import type { Log } from '../proxy/access-log.js'
import { ADMIN_KEY, type InheritedSockets } from './inherited-sockets.js'
import { ListeningSocket } from './listening-socket.js'

/** The admin listener, listening. */
export interface AdminSide {
  readonly socket: ListeningSocket
  close (): Promise<void>
  /** Closes for another process that accepts on the same socket. */
  leave (): Promise<void>
}

export interface AdminSideOptions {
  readonly clock: Clock
  readonly log: Log
  readonly inherited: InheritedSockets
}

/** Opens the admin listener. Import this file only where there is to be one: it brings Fastify with it. @throws the system's error. */
export async function openAdmin ({ address, token }: AdminConfig, control: Control, { clock, log, inherited }: AdminSideOptions): Promise<AdminSide> {
  const { server, close } = await createAdminListener({ control, token, clock, log })
  try {
    const socket = await ListeningSocket.open(server, { key: ADMIN_KEY, address }, inherited.take(ADMIN_KEY))
    return {
      socket,
      close: () => { socket.close(); return close() },
      leave: () => { socket.leave(); return close() }
    }
  } catch (error) {
    await close()
    throw error
  }
}
