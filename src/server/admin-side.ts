import type { Server } from 'node:net'
import { createAdminListener } from '../admin/listener.js'
import type { Control } from '../admin/control.js'
import type { Clock } from '../base/clock.js'
import { ConfigError } from '../base/errors.js'
import { adminFaults } from '../config/admin-schema.js'
import type { AdminConfig } from '../config/config.js'
import type { Log } from '../proxy/access-log.js'
import type { InheritedSockets } from './inherited-sockets.js'
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
    const socket = await ListeningSocket.open(server, inherited.adminPlace(address), inherited)
    refuseReachable(server, token)
    return {
      socket,
      close: () => { socket.close(); return close() },
      leave: async () => {
        const left = new Promise<void>(resolve => { socket.leave(resolve) })
        await close()
        await left
      }
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The config's own check does not know the address that a service manager has chosen. @throws {ConfigError} */
function refuseReachable (server: Server, token: string | null): void {
  const address = server.address()
  if (token !== null || address === null || typeof address === 'string') return
  const faults = adminFaults({ host: address.address })
  if (faults.length > 0) throw new ConfigError(faults)
}
