import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, writeSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { ConfigError } from '../base/errors.js'
import { systemClock, type Clock, type Timer } from '../base/clock.js'

/** The keys of the sockets that a new process is handed, in order. */
const VARIABLE = 'HEADRACE_SOCKETS'
/** On this one it says that it accepts requests, or why it can't. */
const CHANNEL = 3
const FIRST_SOCKET = 4
const READY = 'ready\n'

/** Milliseconds between two looks at whether the process before this one has ended. */
const LOOK = 1000

/** Milliseconds in which a new process must accept requests. */
const LONGEST_START = 60_000

/** The process that has started this one to take its place. */
export class Predecessor {
  /** Its listening sockets, by key. */
  readonly sockets: ReadonlyMap<string, number>
  readonly #pid = process.ppid
  #told = false

  private constructor (sockets: ReadonlyMap<string, number>) {
    this.sockets = sockets
  }

  /** @param env is rid of what is only for this process. @returns null if this process takes nobody's place. @throws {Error} if there are no such sockets. */
  static of (env: NodeJS.ProcessEnv): Predecessor | null {
    const text = env[VARIABLE]
    if (text === undefined) return null
    delete env[VARIABLE]
    const sockets = new Map(keysOf(text).map((key, index) => [key, FIRST_SOCKET + index]))
    for (const [key, fd] of sockets) if (!isSocket(fd)) throw new Error(`${VARIABLE} names ${key}, but file descriptor ${fd} is no socket`)
    return new Predecessor(sockets)
  }

  /** Calls back when it has ended. */
  whenGone (callback: () => void): void {
    const look = (): void => {
      // Whose parent has ended has another one.
      if (process.ppid === this.#pid) systemClock.after(LOOK, look)
      else callback()
    }
    look()
  }

  /** Lets it go: this process accepts requests. */
  ready (): void {
    this.#say(READY)
  }

  /** Makes it go on. */
  failed (error: unknown): void {
    this.#say(error instanceof ConfigError ? error.faults.map(({ path, message }) => path === '' ? message : `${path}: ${message}`).join('; ') : String(error))
  }

  #say (text: string): void {
    if (this.#told) return
    this.#told = true
    try {
      writeSync(CHANNEL, text)
      closeSync(CHANNEL)
    } catch {
      // It has not waited: it has ended, or it was told to.
    }
  }
}

function keysOf (text: string): readonly string[] {
  const keys: unknown = JSON.parse(text)
  if (!Array.isArray(keys) || !keys.every(key => typeof key === 'string')) throw new TypeError(`${VARIABLE} is a list of names in JSON`)
  return keys
}

function isSocket (fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}

/** SIGUSR2. One that comes before requests are served is made up for then: whoever has sent it wants a process that began later. */
export class HandoverSignal {
  #begin: () => void = () => { this.#early = true }
  #early = false

  constructor () {
    process.on('SIGUSR2', () => { this.#begin() })
  }

  /** From now on it begins a handover. */
  lead (begin: () => void): void {
    this.#begin = begin
    if (this.#early) begin()
  }
}

export interface HandoverOptions {
  /** The listening sockets' file descriptors, by key. @throws {Error} where there are none. */
  sockets (): ReadonlyMap<string, number>
  readonly clock: Clock
  readonly log: Logger
  /** The new process is none: this one goes on. */
  failed (): void
  /** The new process accepts requests on the same sockets: this one may end. @param pid the new one's. */
  done (pid: number | undefined): void
}

/** Starts this program anew, and lets the new process take this one's place as soon as it accepts requests. If it never does, nothing has changed. */
export class Handover {
  readonly #options: HandoverOptions
  #child: ChildProcess | null = null
  #over = false

  constructor (options: HandoverOptions) {
    this.#options = options
  }

  begin (): void {
    const { log } = this.#options
    if (this.#over) log.warn('handover ignored: this process is stopping')
    else if (this.#child !== null) log.warn({ successor: this.#child.pid }, 'handover ignored: one is under way')
    // A container, for one, ends with its first process, whatever others run in it.
    else if (process.pid === 1) log.error('not handed over: everything ends with process 1, so a restart must be a new one')
    else this.#start()
  }

  /** This process is to end, and nobody shall take its place. */
  abort (): void {
    this.#over = true
    this.#child?.kill('SIGTERM')
  }

  #start (): void {
    const { clock, log } = this.#options
    let said = ''
    let timer: Timer | null = null
    const fail = (reason: string): void => {
      if (this.#child !== child || this.#over) return
      this.#child = null
      timer?.cancel()
      log.error({ successor: child.pid, reason }, 'not handed over: this process goes on')
      this.#options.failed()
    }
    const child = this.#spawn()
    this.#child = child
    log.info({ successor: child.pid }, 'handing over')
    timer = clock.after(LONGEST_START, () => {
      child.kill('SIGKILL')
      fail(`it does not accept requests after ${LONGEST_START / 1000} s`)
    })
    child.once('error', error => { fail(error.message) })
    child.once('close', (code, signal) => { fail(said.trim() || `it ended with ${signal ?? `code ${code}`}`) })
    const channel = child.stdio[CHANNEL] as Readable | undefined
    channel?.on('error', () => {})
    channel?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said === READY && !this.#over) this.#succeed(child, channel, timer)
    })
  }

  #spawn (): ChildProcess {
    const sockets = this.#options.sockets()
    return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe', ...sockets.values()],
      // The watchdog is to expect the new process instead of this one.
      env: { ...process.env, [VARIABLE]: JSON.stringify([...sockets.keys()]), WATCHDOG_PID: undefined }
    })
  }

  #succeed (child: ChildProcess, channel: Readable, timer: Timer | null): void {
    const { log, done } = this.#options
    this.#over = true
    this.#child = null
    timer?.cancel()
    // Nothing of it keeps this process from ending.
    channel.destroy()
    child.unref()
    log.info({ successor: child.pid }, 'handed over')
    done(child.pid)
  }
}
