import type { Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import type { Config } from '../config/config.js'
import { readConfigFile } from '../config/file.js'
import { InheritedSockets } from '../server/inherited-sockets.js'
import type { RunningProxy } from '../server/running-proxy.js'
import { start, type StartOptions } from '../server/start.js'
import { WatchedFile } from '../server/watched-file.js'
import { Handover, Predecessor } from './handover.js'
import { createOutput } from './output.js'
import { stopOnSignal, stopWhileStarting } from './signals.js'
import { sameWorkers, workerCount } from './worker-count.js'
import { activatedSockets, ServiceManager, systemdNotify, watchdogInterval } from './systemd.js'

/** Runs the proxy that a config file describes, until a signal stops it or another process takes its place. */
export async function run (file: string): Promise<void> {
  // What one that comes too early would do by default is end the process.
  process.on('SIGUSR2', () => {})
  process.on('SIGHUP', () => {})
  const predecessor = Predecessor.of(process.env)
  try {
    await serve(file, predecessor)
  } catch (error) {
    predecessor?.failed(error)
    throw error
  }
}

async function serve (file: string, predecessor: Predecessor | null): Promise<void> {
  const config = readConfigFile(file, { env: process.env })
  const read = () => sameWorkers(config, readConfigFile(file, { env: process.env }))
  const ready = stopWhileStarting()
  const output = await createOutput(config.log.level, workerCount(config) > 1)
  const { logger } = output
  const manager = new ServiceManager(systemdNotify(process.env), systemClock, logger)
  const inherited = new InheritedSockets(predecessor?.sockets ?? activatedSockets(process.env, process.pid))
  const proxy = await begin(config, { logger, read, inherited })
  inherited.closeRest()
  const unfollow = followFile(file, proxy, manager)
  ready()
  announce(logger, proxy)
  const end = stopOnSignal({
    stop: async () => {
      predecessor?.failed('it was told to stop')
      handover.abort()
      unfollow()
      manager.stopping()
      return await proxy.close()
    },
    cut: () => proxy.cut()
  }, output)
  const handover = new Handover({
    sockets: () => new Map(proxy.sockets.map(({ key, fd }) => [key, fd])),
    clock: systemClock,
    log: logger,
    done: successor => {
      unfollow()
      manager.leave()
      end({ successor }, () => proxy.leave())
    }
  })
  if (!await manager.ready(process.pid, status(proxy)) && predecessor !== null) {
    await proxy.leave()
    throw new Error('systemd could not be told of its new main process')
  }
  const interval = watchdogInterval(process.env, process.pid)
  if (interval !== null) manager.watch(interval)
  process.on('SIGUSR2', () => { handover.begin() })
  predecessor?.ready()
}

/** One process, or a primary and its workers. */
async function begin (config: Config, options: Required<Pick<StartOptions, 'logger' | 'read' | 'inherited'>>): Promise<RunningProxy> {
  const workers = workerCount(config)
  if (workers === 1) return await start(config, options)
  const { Primary } = await import('../server/workers/primary.js')
  const { clusterFork } = await import('../server/workers/cluster-fork.js')
  const { logger: log, read, inherited } = options
  return await new Primary(config, { workers, fork: clusterFork(new URL('./worker.js', import.meta.url)), clock: systemClock, log, read, inherited }).start()
}

/** Reloads the config at a SIGHUP and, if it says so, when its file changes. @returns what ends the latter. */
function followFile (file: string, proxy: RunningProxy, manager: ServiceManager): () => void {
  let watched: WatchedFile | null = null
  const reload = async (cause: string): Promise<void> => {
    manager.reloading(process.hrtime.bigint() / 1000n)
    const { ok } = await proxy.reloadFromSource(cause)
    manager.reloaded(ok ? status(proxy) : `${status(proxy)}; the last reload was refused`)
    follow()
  }
  const follow = (): void => {
    const { watch } = proxy.config
    if (watch === (watched !== null)) return
    watched?.close()
    watched = watch ? new WatchedFile(file, systemClock, () => { void reload('the file has changed') }) : null
  }
  process.on('SIGHUP', () => { void reload('SIGHUP') })
  follow()
  return () => { watched?.close() }
}

function status ({ addresses }: RunningProxy): string {
  return `listening on ${addresses.join(', ')}`
}

/** One line for each address, whatever the log level: scripts wait for it. */
export function announce (logger: Logger, proxy: RunningProxy): void {
  const loud = logger.child({}, { level: 'info' })
  for (const address of proxy.addresses) loud.info({ address }, 'listening')
  if (proxy.adminAddress !== null) loud.info({ address: proxy.adminAddress }, 'admin listening')
}
