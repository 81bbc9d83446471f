import { statSync, type Stats } from 'node:fs'
import { systemClock } from '../base/clock.js'
import type { Config } from '../config/config.js'
import { readConfigFile, unreadable } from '../config/file.js'
import type { Reloaded, ReloadObserver } from '../server/reloader.js'
import type { RunningProxy } from '../server/running-proxy.js'
import { WatchedFile } from '../server/watched-file.js'
import type { ServiceManager } from './systemd.js'
import { sameWorkers } from './worker-count.js'

/** The config file of a proxy that runs: it is read anew at a SIGHUP, when an admin says so, and when it has changed, if it says so itself. */
export class ConfigSource implements ReloadObserver {
  readonly #file: string
  readonly #watched: WatchedFile
  #followed: { readonly proxy: RunningProxy, readonly manager: ServiceManager } | null = null
  /** Has there been a SIGHUP? It may have come before there was a proxy. */
  #hungUp = false
  #asked = 0

  constructor (file: string) {
    this.#file = file
    this.#watched = new WatchedFile(file, systemClock, () => { this.#reload('the file has changed') })
    process.on('SIGHUP', () => {
      this.#hungUp = true
      this.#reload('SIGHUP')
    })
  }

  /** @param running the config to which this one must be a successor. @throws {ConfigError} */
  read (running?: Config): Config {
    this.#watched.know()
    if (running !== undefined) refuseOthers(this.#file)
    const config = readConfigFile(this.#file, { env: process.env })
    return running === undefined ? config : sameWorkers(running, config)
  }

  /** Grows whenever the file is to be read anew, whoever asks for it. */
  get asked (): number {
    return this.#asked
  }

  /** From now on the proxy follows the file, and a service manager hears of it. A SIGHUP that came while it started is made up for. */
  lead (proxy: RunningProxy, manager: ServiceManager): void {
    this.#followed = { proxy, manager }
    this.#watched.watch(proxy.config.watch)
    if (this.#hungUp) this.#reload('SIGHUP')
  }

  /** The proxy follows it no more. */
  leave (): void {
    this.#followed = null
    this.#watched.watch(false)
  }

  began (): void {
    this.#asked++
    this.#followed?.manager.reloading(process.hrtime.bigint() / 1000n)
  }

  ended ({ ok }: Reloaded): void {
    if (this.#followed === null) return
    const { proxy, manager } = this.#followed
    this.#watched.watch(proxy.config.watch)
    manager.reloaded(ok ? statusOf(proxy) : `${statusOf(proxy)}; the last reload was refused`)
  }

  #reload (cause: string): void {
    // Not only when it begins: one that waits for another may never do.
    this.#asked++
    void this.#followed?.proxy.reloadFromSource(cause)
  }
}

/** No config is as long as this, in bytes. */
const LONGEST = 16_000_000

/** A proxy that runs waits for nobody who writes to a pipe, and does not stop to read a file that can be no config. @throws {ConfigError} */
function refuseOthers (file: string): void {
  const stats = statsOf(file)
  // Whoever reads it says why it can't be had, or that it is a directory.
  if (stats === null || stats.isDirectory()) return
  const fault = !stats.isFile() ? 'it is no file' : stats.size > LONGEST ? `it has ${stats.size} bytes, more than ${LONGEST}` : null
  if (fault !== null) throw unreadable(file, fault)
}

function statsOf (file: string): Stats | null {
  try {
    return statSync(file)
  } catch {
    return null
  }
}

/** For whoever asks a service manager. */
export function statusOf ({ addresses }: RunningProxy): string {
  return `listening on ${addresses.join(', ')}`
}
