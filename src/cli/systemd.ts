import { execFile } from 'node:child_process'
import type { Clock } from '../base/clock.js'
import type { Log } from '../proxy/access-log.js'
import { ACTIVATED_ADMIN, activatedKey } from '../server/inherited-sockets.js'

/** The first file descriptor that a service manager passes: SD_LISTEN_FDS_START in sd_listen_fds(3). */
const FIRST_FD = 3

/** Milliseconds for one notification. systemd-notify waits until it has been taken note of, 5 s at most. */
const LONGEST_NOTIFICATION = 6000

/**
 * The sockets that systemd has opened for this process, by key: see sd_listen_fds(3). The one named `admin` is for the admin listener.
 * @param env is rid of the variables, so that no child takes them for its own.
 */
export function activatedSockets (env: NodeJS.ProcessEnv, pid: number): ReadonlyMap<string, number> {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES = '' } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete env[name]
  const sockets = new Map<string, number>()
  if (LISTEN_PID !== String(pid) || !/^[0-9]{1,4}$/.test(LISTEN_FDS)) return sockets
  const names = LISTEN_FDNAMES.split(':')
  let index = 0
  for (let i = 0; i < Number(LISTEN_FDS); i++) {
    const isAdmin = names[i] === 'admin' && !sockets.has(ACTIVATED_ADMIN)
    sockets.set(isAdmin ? ACTIVATED_ADMIN : activatedKey(index++), FIRST_FD + i)
  }
  return sockets
}

/** After how many ms systemd is to hear that this process is well, half of what it allows (sd_watchdog_enabled(3)); null = it does not ask. */
export function watchdogInterval ({ WATCHDOG_USEC = '', WATCHDOG_PID }: NodeJS.ProcessEnv, pid: number): number | null {
  if (!/^[1-9][0-9]*$/.test(WATCHDOG_USEC)) return null
  return WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid) ? Number(WATCHDOG_USEC) / 2000 : null
}

/** Runs `systemd-notify` with arguments. @throws why it could not. */
export type Notify = (args: readonly string[]) => Promise<void>

/** What does it on this machine; null = nobody wants to be notified. Node has no sockets of the kind that it takes to do it without another program. */
export function systemdNotify ({ NOTIFY_SOCKET = '' }: NodeJS.ProcessEnv): Notify | null {
  if (NOTIFY_SOCKET === '') return null
  return args => new Promise((resolve, reject) => {
    execFile('systemd-notify', [...args], { timeout: LONGEST_NOTIFICATION, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      if (error === null) resolve()
      else reject(new Error(stderr.trim() || error.message))
    })
  })
}

/** Tells systemd how this process is, see sd_notify(3). One notification after the other; none that fails is more than a log line. */
export class ServiceManager {
  readonly #notify: Notify | null
  readonly #clock: Clock
  readonly #log: Log
  #last: Promise<boolean> = Promise.resolve(true)
  #complained = false
  #left = false

  constructor (notify: Notify | null, clock: Clock, log: Log) {
    this.#notify = notify
    this.#clock = clock
    this.#log = log
  }

  /** This process is the main one, and serves. @returns could it be said, or was nobody interested? */
  ready (pid: number, status: string): Promise<boolean> {
    return this.#send(`--pid=${pid}`, 'READY=1', `STATUS=${status}`)
  }

  /** @param now in microseconds, by the clock that the system calls monotonic. */
  reloading (now: bigint): void {
    void this.#send('RELOADING=1', `MONOTONIC_USEC=${now}`, 'STATUS=reloading')
  }

  reloaded (status: string): void {
    void this.#send('READY=1', `STATUS=${status}`)
  }

  stopping (): void {
    void this.#send('STOPPING=1', 'STATUS=draining')
  }

  /** Says every `interval` ms that it is well. */
  watch (interval: number): void {
    this.#clock.after(interval, () => {
      if (this.#left) return
      void this.#send('WATCHDOG=1')
      this.watch(interval)
    })
  }

  /** Another process is the main one from now on, and speaks. */
  leave (): void {
    this.#left = true
  }

  #send (...args: readonly string[]): Promise<boolean> {
    this.#last = this.#last.then(() => this.#sendNow(args))
    return this.#last
  }

  async #sendNow (args: readonly string[]): Promise<boolean> {
    if (this.#notify === null || this.#left) return true
    try {
      await this.#notify(args)
      return true
    } catch (error) {
      if (!this.#complained) this.#log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'systemd could not be notified')
      this.#complained = true
      return false
    }
  }
}
