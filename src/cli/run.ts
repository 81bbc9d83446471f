import type { Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import { readConfigFile } from '../config/file.js'
import { InheritedSockets } from '../server/inherited-sockets.js'
import type { RunningProxy } from '../server/running-proxy.js'
import { start } from '../server/start.js'
import { WatchedFile } from '../server/watched-file.js'
import { Handover, Predecessor } from './handover.js'
import { createOutput } from './output.js'
import { stopOnSignal, stopWhileStarting } from './signals.js'
import { activatedSockets, ServiceManager, systemdNotify, watchdogInterval } from './systemd.js'

/** Runs the proxy that a config file describes, until a signal stops it or another process takes its place. */
export async function run (file: string): Promise<void> {
  const predecessor = Predecessor.of(process.env)
  try {
    await serve(file, predecessor)
  } catch (error) {
    predecessor?.failed(error)
    throw error
  }
}

async function serve (file: string, predecessor: Predecessor | null): Promise<void> {
  const read = () => readConfigFile(file, { env: process.env })
  const config = read()
  const ready = stopWhileStarting()
  const output = await createOutput(config.log.level)
  const { logger } = output
  const manager = new ServiceManager(systemdNotify(process.env), systemClock, logger)
  const inherited = new InheritedSockets(predecessor?.sockets ?? activatedSockets(process.env, process.pid))
  const proxy = await start(config, { logger, read, inherited })
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
