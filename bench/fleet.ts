import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Children } from './children.js'
import type { ScenarioTarget } from './scenario.js'

const MODULE = fileURLToPath(new URL('./backend.js', import.meta.url))

interface Member {
  readonly args: readonly string[]
  port: number
  child: ChildProcess
}

/** The backends of one scenario, each a process. */
export class Fleet {
  readonly #children: Children
  readonly #members: Member[] = []

  private constructor (children: Children) {
    this.#children = children
  }

  /**
   * Starts one backend per target, on free ports.
   * @param sizes of bodies, in bytes, that each of them serves under `/SIZE`.
   */
  static async start (children: Children, targets: readonly ScenarioTarget[], sizes: readonly number[] = []): Promise<Fleet> {
    const fleet = new Fleet(children)
    fleet.#members.push(...await Promise.all(targets.map(async (target, index) => {
      const args = [String(target.serviceTime), ...sizes.map(String)]
      return { args, ...await fleet.#launch(index + 1, 0, args) }
    })))
    return fleet
  }

  get urls (): string[] {
    return this.#members.map(member => `http://127.0.0.1:${member.port}`)
  }

  /** Ends a backend (counted from 1) as a crash would: no connection is closed in good order. */
  async kill (number: number): Promise<void> {
    await this.#children.end(this.#member(number).child, 'SIGKILL')
  }

  /** Starts a killed backend again, on the port it had. */
  async restart (number: number): Promise<void> {
    const member = this.#member(number)
    member.child = (await this.#launch(number, member.port, member.args)).child
  }

  async end (): Promise<void> {
    await Promise.all(this.#members.map(member => this.#children.end(member.child)))
  }

  #member (number: number): Member {
    const member = this.#members[number - 1]
    if (member === undefined) throw new RangeError(`there is no backend ${number}`)
    return member
  }

  #launch (number: number, port: number, args: readonly string[]): Promise<{ port: number, child: ChildProcess }> {
    const child = this.#children.fork(MODULE, [String(number), String(port), ...args])
    return new Promise((resolve, reject) => {
      child.once('message', (message: { port: number }) => { resolve({ port: message.port, child }) })
      child.once('exit', () => { reject(new Error(`backend ${number} did not start`)) })
      child.once('error', reject)
    })
  }
}
