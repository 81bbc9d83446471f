import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from '../children.js'
import type { Random } from '../../src/base/random.js'
import { parseLedger, type Entry } from './ledger.js'
import { stablePort } from './ports.js'
import type { ProcessModules } from './process-modules.js'
import type { Mode, Order, Report, Shutdown } from './protocol.js'

/** Milliseconds that an order may take to be followed, and a backend to end after SIGTERM. */
const ORDER_LIMIT = 5000
const END_LIMIT = 10_000

export interface BackendsOptions {
  readonly children: Children
  readonly modules: ProcessModules
  readonly count: number
  readonly shutdown: Shutdown
  readonly random: Random
}

interface Member {
  readonly number: number
  readonly port: number
  readonly ledger: string
  /** null = it is dead. */
  child: ChildProcess | null
}

/** The backends of one run, each a process with a ledger that outlives it. */
export class Backends {
  readonly #options: BackendsOptions
  readonly #members: Member[] = []

  private constructor (options: BackendsOptions) {
    this.#options = options
  }

  static async start (options: BackendsOptions): Promise<Backends> {
    const backends = new Backends(options)
    const directory = mkdtempSync(join(options.children.directory, 'ledgers-'))
    for (let number = 1; number <= options.count; number++) {
      backends.#members.push({ number, port: await stablePort(options.random), ledger: join(directory, String(number)), child: null })
    }
    await Promise.all(backends.numbers.map(number => backends.start(number)))
    return backends
  }

  get urls (): string[] {
    return this.#members.map(({ port }) => `http://127.0.0.1:${port}`)
  }

  get numbers (): number[] {
    return this.#members.map(({ number }) => number)
  }

  /** All requests that have arrived, in no order. */
  get entries (): Entry[] {
    return this.#members.flatMap(({ number, ledger }) => existsSync(ledger) ? parseLedger(number, readFileSync(ledger, 'utf8')) : [])
  }

  /** Starts a dead one, on the port it had. */
  async start (number: number): Promise<void> {
    const { children, modules, shutdown } = this.#options
    const member = this.#member(number)
    const [module, last] = shutdown === 'cooperative' ? [modules.cooperativeBackend, modules.plugin] : [modules.backend, shutdown]
    const child = children.fork(module, [String(number), String(member.port), member.ledger, last])
    member.child = child
    await answered(child, number, message => 'port' in message ? message : undefined)
  }

  /** Ends one as a crash would. */
  async kill (number: number): Promise<void> {
    const member = this.#member(number)
    if (member.child === null) return
    await this.#options.children.end(member.child, 'SIGKILL')
    member.child = null
  }

  /** Asks one to end, as an operator would, and waits until it has. */
  async terminate (number: number): Promise<void> {
    const member = this.#member(number)
    const child = this.#running(number)
    const timer = setTimeout(() => { child.kill('SIGKILL') }, END_LIMIT)
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
    clearTimeout(timer)
    member.child = null
  }

  signal (number: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#running(number).kill(signal)
  }

  /** Changes how one treats requests; resolves when it does so. */
  async mode (number: number, mode: Mode): Promise<void> {
    await this.#tell(number, { mode }, message => 'mode' in message && message.mode === mode ? true : undefined)
  }

  /** Requests that the living ones have neither answered nor lost. */
  async open (): Promise<number> {
    const living = this.#members.filter(({ child }) => child !== null)
    const counts = await Promise.all(living.map(({ number }) => this.#tell(number, { ask: 'open' }, message => 'open' in message ? message.open : undefined)))
    return counts.reduce((sum, open) => sum + open, 0)
  }

  /** Ends all: a stopped one as well. */
  async end (): Promise<void> {
    await Promise.all(this.numbers.map(number => this.kill(number)))
  }

  #tell<T> (number: number, order: Order, read: (message: Report) => T | undefined): Promise<T> {
    const child = this.#running(number)
    const answer = answered(child, number, read)
    child.send(order)
    return answer
  }

  #member (number: number): Member {
    const member = this.#members[number - 1]
    if (member === undefined) throw new RangeError(`there is no backend ${number}`)
    return member
  }

  #running (number: number): ChildProcess {
    const { child } = this.#member(number)
    if (child === null) throw new Error(`backend ${number} is dead`)
    return child
  }
}

/** Waits for a message that `read` makes something of. */
function answered<T> (child: ChildProcess, number: number, read: (message: Report) => T | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      settle()
    }
    const onMessage = (message: Report): void => {
      const value = read(message)
      if (value !== undefined) finish(() => { resolve(value) })
    }
    const fail = (why: string): void => { finish(() => { reject(new Error(`backend ${number} ${why}`)) }) }
    const onExit = (): void => { fail('ended') }
    const onError = (error: Error): void => { fail(error.message) }
    const timer = setTimeout(() => { fail('did not answer') }, ORDER_LIMIT)
    child.on('message', onMessage).once('exit', onExit).once('error', onError)
  })
}
