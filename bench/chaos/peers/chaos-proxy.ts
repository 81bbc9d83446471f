import type { ChildProcess } from 'node:child_process'
import type { Children } from '../../children.js'
import type { ProcessModules } from '../process-modules.js'

/** What a proxy is started with. */
export interface ChaosSetup {
  readonly children: Children
  readonly modules: ProcessModules
  /** Of its files. */
  readonly label: string
  /** For those that can't find one for themselves. */
  readonly port: number
  /** URLs of the backends. */
  readonly backends: readonly string[]
}

/** A proxy under test, running. */
export interface RunningChaosProxy {
  readonly url: string
  readonly child: ChildProcess
  /** Requests in flight within it; absent if it does not tell. */
  readonly inflight?: () => Promise<number>
}

/** A proxy, with the config of its own best practice. */
export interface ChaosProxy {
  readonly name: string
  /** Can it run on this machine? */
  readonly installed: () => boolean
  /** It need not listen yet on return. */
  start (setup: ChaosSetup): Promise<RunningChaosProxy>
}
