import { closeSync } from 'node:fs'
import type { ListenAddress } from '../config/config.js'

/** Where to listen. */
export interface Place {
  /** Names the socket, in this process and to its successor. */
  readonly key: string
  /** null = whatever the socket that was handed in is bound to. */
  readonly address: ListenAddress | null
}

/**
 * Listening sockets that were open when this process began: from its predecessor, or from a service manager ("activated": they stand in for the
 * addresses of the config, in order).
 */
export class InheritedSockets {
  readonly #fds: Map<string, number>
  readonly #activated: number
  readonly #adminActivated: boolean
  #ours = false

  /** @param fds file descriptors by key; `activatedKey` and `ACTIVATED_ADMIN` name those of a service manager. */
  constructor (fds: ReadonlyMap<string, number> = new Map()) {
    this.#fds = new Map(fds)
    this.#adminActivated = fds.has(ACTIVATED_ADMIN)
    this.#activated = [...fds.keys()].filter(key => key.startsWith(ACTIVATED)).length - Number(this.#adminActivated)
  }

  /** Where to listen for these addresses. Activated sockets may be more than them: all are served, whatever the config says. */
  places (addresses: readonly ListenAddress[]): readonly Place[] {
    const activated = Array.from({ length: this.#activated }, (_, index) => ({ key: activatedKey(index), address: null }))
    return [...activated, ...addresses.map((address, index) => ({ key: addressKey(address, index), address })).slice(activated.length)]
  }

  /** Where the admin listener is to listen. */
  adminPlace (address: ListenAddress): Place {
    return this.#adminActivated ? { key: ACTIVATED_ADMIN, address: null } : { key: `admin:${addressKey(address, 0)}`, address }
  }

  /** A file descriptor, which is the caller's from now on; null = this socket is to be opened. */
  take (key: string): number | null {
    const fd = this.#fds.get(key) ?? null
    this.#fds.delete(key)
    return fd
  }

  /**
   * Are they only this process's? Until then it may still fail, and the process that has handed them over goes on: what belongs to them outside of
   * a process, as the file of a Unix socket does, is that one's.
   */
  get ours (): boolean {
    return this.#ours
  }

  /** This process serves: from now on those that were taken are only its own. Closes those that nobody has taken: the config does not want them. */
  closeRest (): void {
    this.#ours = true
    for (const fd of this.#fds.values()) closeSync(fd)
    this.#fds.clear()
  }
}

const ACTIVATED = 'activated:'

/** The key of the socket that a service manager gave for the admin listener. */
export const ACTIVATED_ADMIN = `${ACTIVATED}admin`

/** The key of the socket that a service manager gave for the address at `index`. */
export function activatedKey (index: number): string {
  return `${ACTIVATED}${index}`
}

/** The same address may be in the list more than once if its port is 0. */
function addressKey (address: ListenAddress, index: number): string {
  if ('path' in address) return `unix:${address.path}`
  return `tcp:${address.host}:${address.port}${address.port === 0 ? `#${index}` : ''}`
}
