import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ScenarioTarget } from '../../src/simulation/scenario.js'
import type { Children } from '../children.js'
import type { BackendMessage, BackendOrder, BackendReport, BackendSetup } from './backend-protocol.js'

const MODULE = fileURLToPath(new URL('./backend.js', import.meta.url))

/** A target as the proxy's config takes it. */
export interface PoolTarget {
  readonly url: string
  readonly weight: number
}

/** Hears what a backend (counted from 1) says of itself. */
export type ReportListener = (number: number, report: BackendReport) => void

interface Member {
  readonly number: number
  readonly target: ScenarioTarget
  /** 0 before it was started. */
  port: number
  /** null = it is not running. */
  child: ChildProcess | null
  pooled: boolean
}

/** The backends of one run, each a process. They are counted from 1. */
export class Fleet {
  readonly #children: Children
  readonly #seed: number
  readonly #listener: ReportListener
  readonly #members: readonly Member[]

  private constructor (children: Children, targets: readonly ScenarioTarget[], seed: number, listener: ReportListener) {
    this.#children = children
    this.#seed = seed
    this.#listener = listener
    this.#members = targets.map((target, index) => ({ number: index + 1, target, port: 0, child: null, pooled: !target.absent }))
  }

  /** Starts the backends that are there from the begin, on free ports. */
  static async start (children: Children, targets: readonly ScenarioTarget[], seed: number, listener: ReportListener): Promise<Fleet> {
    const fleet = new Fleet(children, targets, seed, listener)
    await Promise.all(fleet.#members.filter(member => member.pooled).map(member => fleet.#launch(member)))
    return fleet
  }

  /** What belongs in the pool now. */
  get pool (): PoolTarget[] {
    return this.#members.filter(member => member.pooled).map(({ port, target }) => ({ url: `http://127.0.0.1:${port}`, weight: target.weight }))
  }

  /** Ends a backend as a crash would: no connection is closed in good order. */
  async kill (number: number): Promise<void> {
    const member = this.#member(number)
    const { child } = member
    member.child = null
    if (child !== null) await this.#children.end(child, 'SIGKILL')
  }

  /** Starts a killed backend again, on the port it had. */
  async restart (number: number): Promise<void> {
    await this.#launch(this.#member(number))
  }

  /** Starts a backend if it is not running; from then on it belongs in the pool. */
  async join (number: number): Promise<void> {
    const member = this.#member(number)
    if (member.child === null) await this.#launch(member)
    member.pooled = true
  }

  /** It goes on running and answers what it has, but does not belong in the pool any more. */
  leave (number: number): void {
    this.#member(number).pooled = false
  }

  order (number: number, order: BackendOrder): void {
    this.#member(number).child?.send(order)
  }

  async end (): Promise<void> {
    // They have nothing to lose, and one whose event loop is held would not hear a kind word at once.
    await Promise.all(this.#members.map(member => member.child === null ? undefined : this.#children.end(member.child, 'SIGKILL')))
  }

  #member (number: number): Member {
    const member = this.#members[number - 1]
    if (member === undefined) throw new RangeError(`there is no backend ${number}`)
    return member
  }

  #launch (member: Member): Promise<void> {
    const { number, port, target } = member
    const setup: BackendSetup = { name: String(number), port, seed: this.#seed + number, target }
    const child = this.#children.fork(MODULE, [JSON.stringify(setup)])
    member.child = child
    return new Promise((resolve, reject) => {
      child.on('message', (message: BackendMessage) => {
        if (message.message === 'report') {
          this.#listener(number, message.report)
          return
        }
        member.port = message.port
        resolve()
      })
      child.once('exit', () => { reject(new Error(`backend ${number} did not start`)) })
      child.once('error', reject)
    })
  }
}
