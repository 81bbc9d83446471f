import type { Config } from '../config/config.js'
import type { ListeningSocket } from './listening-socket.js'
import type { Reloaded } from './reloader.js'
import type { RunningPool } from './running-pool.js'

/** A proxy that runs. */
export interface RunningProxy {
  /** Where it listens: `http://127.0.0.1:8080`, `unix:/run/headrace.sock`. */
  readonly addresses: readonly string[]
  /** Where its admin listener is; null = there is none. */
  readonly adminAddress: string | null
  /** All that it listens on, to be handed to another process. */
  readonly sockets: readonly ListeningSocket[]
  readonly pools: ReadonlyMap<string, RunningPool>
  /** The config that it runs. */
  readonly config: Config
  /**
   * Makes another config the running one: targets that are in both keep their state, what is under way goes on.
   * @param config resolved: see `loadConfig` and `readConfigFile`.
   * @returns what has changed, in words.
   * @throws {ConfigError}, or the system's error for an address that can't be listened on; then nothing has changed.
   */
  reload (config: Config): Promise<readonly string[]>
  /** Reads the config anew from where it came from, and makes it the running one. Never rejects; the log says what came of it. */
  reloadFromSource (cause: string): Promise<Reloaded>
  /**
   * Stops accepting, lets what is under way end, cuts what is left after the drain deadline.
   * @param deadline in ms, instead of the config's.
   * @returns how many connections were cut.
   */
  close (deadline?: number): Promise<number>
  /**
   * Closes for another process that accepts on the same sockets: files of Unix sockets stay, and a client hears of it in its next response, or
   * loses its connection when it has been silent for half of the deadline.
   * @param deadline in ms, instead of the config's.
   * @returns how many connections were cut.
   */
  leave (deadline?: number): Promise<number>
  /** Cuts everything now; makes a `close` under way end at once. @returns how many connections there were. */
  cut (): number
}
