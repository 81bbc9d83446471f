import { fork, spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How long a process may take to end when asked kindly, in milliseconds. */
const GRACE = 5000

/**
 * The processes a benchmark starts, and its directory for their files. Each is the leader of a group of its own, so that it
 * goes with all it started. Whatever way this process ends, short of SIGKILL, they end and the directory goes.
 */
export class Children {
  /** Gone at the end. */
  readonly directory = mkdtempSync(join(tmpdir(), 'headrace-bench-'))
  readonly #running = new Set<ChildProcess>()

  constructor () {
    process.once('exit', () => { this.#abandon() })
    for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
      process.once(signal, () => { process.exit(status) })
    }
  }

  spawn (command: string, args: readonly string[], options: { stdio: StdioOptions, env?: NodeJS.ProcessEnv, cwd?: string }): ChildProcess {
    return this.#keep(spawn(command, args, { ...options, detached: true }))
  }

  /** Starts a module of Node's, with a channel for messages. */
  fork (module: string, args: readonly string[]): ChildProcess {
    return this.#keep(fork(module, args, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
  }

  /**
   * Runs a program to its end.
   * @returns what it wrote to its standard output.
   * @throws if it can't be started or its status is not 0.
   */
  async output (command: string, args: readonly string[]): Promise<string> {
    const child = this.spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => { text += piece })
    const [status] = await once(child, 'close')
    if (status !== 0) throw new Error(`${command} ended with status ${String(status)}`)
    return text
  }

  /** Asks a process to end, and makes it end if it does not; false = it had to be made to. */
  async end (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
    if (!this.#running.has(child)) return true
    let kindly = true
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        kindly = false
        signalGroup(child, 'SIGKILL')
      }, GRACE)
      child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      signalGroup(child, signal)
    })
    return kindly
  }

  async endAll (): Promise<void> {
    await Promise.all([...this.#running].map(child => this.end(child)))
  }

  #keep (child: ChildProcess): ChildProcess {
    this.#running.add(child)
    child.once('exit', () => { this.#running.delete(child) })
    // A program that is not there never exits.
    child.once('error', () => { if (child.pid === undefined) this.#running.delete(child) })
    return child
  }

  #abandon (): void {
    for (const child of this.#running) signalGroup(child, 'SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }
}

function signalGroup (child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended in this very moment.
  }
}
