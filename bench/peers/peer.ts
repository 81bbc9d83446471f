import type { ChildProcess } from 'node:child_process'
import type { Children } from '../children.js'

/** What a proxy is started with. */
export interface PeerSetup {
  readonly children: Children
  readonly port: number
  readonly backends: readonly string[]
  /** Where Node looks for packages that are no dependency of ours. */
  readonly modules: string
  /** The build of Headrace to measure. */
  readonly program: string
}

/** A proxy to compare with. */
export interface Peer {
  readonly name: string
  /** Why it can't take part on this machine; undefined = it can. */
  missing (setup: Pick<PeerSetup, 'modules' | 'program'>): string | undefined
  /** Starts it, in front of the backends in turn. It need not listen yet on return. */
  start (setup: PeerSetup): Promise<{ child: ChildProcess, url: string }>
}
