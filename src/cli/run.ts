import type { Logger } from 'pino'
import { systemClock } from '../base/clock.js'
import type { Config } from '../config/config.js'
import { InheritedSockets } from '../server/inherited-sockets.js'
import type { RunningProxy } from '../server/running-proxy.js'
import { start, type StartOptions } from '../server/start.js'
import { ConfigSource, statusOf } from './config-source.js'
import { Handover, HandoverSignal, Predecessor } from './handover.js'
import { createOutput } from './output.js'
import { StopSignals } from './signals.js'
import { workerCount } from './worker-count.js'
import { activatedSockets, ServiceManager, systemdNotify, watchdogInterval } from './systemd.js'

/** Runs the proxy that a config file describes, until a signal stops it or another process takes its place. */
export async function run (file: string): Promise<void> {
  const signal = new HandoverSignal()
  const source = new ConfigSource(file)
  const predecessor = Predecessor.of(process.env)
  try {
    await serve(source, predecessor, signal)
  } catch (error) {
    predecessor?.failed(error)
    throw error
  }
}

async function serve (source: ConfigSource, predecessor: Predecessor | null, signal: HandoverSignal): Promise<void> {
  const config = source.read()
  const signals = new StopSignals()
  const output = await createOutput(config.log.level)
  const shares = workerCount(config) > 1
  output.share(shares || predecessor !== null)
  predecessor?.whenGone(() => { output.share(shares) })
  const { logger } = output
  const manager = new ServiceManager(systemdNotify(process.env), systemClock, logger)
  const inherited = new InheritedSockets(predecessor?.sockets ?? activatedSockets(process.env, process.pid))
  const proxy = await begin(config, { logger, read: () => source.read(config), reloads: source, inherited })
  source.lead(proxy, manager)
  announce(logger, proxy)
  const end = signals.lead({
    stop: async () => {
      predecessor?.failed('it was told to stop')
      handover.abort()
      source.leave()
      manager.stopping()
      return await proxy.close()
    },
    cut: () => proxy.cut()
  }, output)
  let asked = source.asked
  const handover = new Handover({
    sockets: () => {
      // The new process begins now.
      asked = source.asked
      output.share(true)
      return new Map(proxy.sockets.map(({ key, fd }) => [key, fd]))
    },
    clock: systemClock,
    log: logger,
    failed: () => { output.share(shares) },
    done: successor => {
      source.leave()
      manager.leave()
      // It may have read the file before somebody wanted it read anew.
      if (source.asked !== asked && successor !== undefined) hangUp(successor)
      end({ successor }, () => proxy.leave())
    }
  })
  if (!await manager.ready(process.pid, statusOf(proxy)) && predecessor !== null) {
    await proxy.leave()
    throw new Error('systemd could not be told of its new main process')
  }
  const interval = watchdogInterval(process.env, process.pid)
  if (interval !== null) manager.watch(interval)
  // From here on what it was handed is its own.
  inherited.closeRest()
  predecessor?.ready()
  signal.lead(() => { handover.begin() })
}

/** One process, or a primary and its workers. */
async function begin (config: Config, options: Required<Pick<StartOptions, 'logger' | 'read' | 'reloads' | 'inherited'>>): Promise<RunningProxy> {
  const workers = workerCount(config)
  if (workers === 1) return await start(config, options)
  const { Primary } = await import('../server/workers/primary.js')
  const { clusterFork } = await import('../server/workers/cluster-fork.js')
  const { logger: log, read, reloads, inherited } = options
  return await new Primary(config, { workers, fork: clusterFork(new URL('./worker.js', import.meta.url)), clock: systemClock, log, read, reloads, inherited }).start()
}

/** Makes another process read its config anew. */
function hangUp (pid: number): void {
  try {
    process.kill(pid, 'SIGHUP')
  } catch {
    // It has ended by now.
  }
}

/** One line for each address, whatever the log level: scripts wait for it. */
export function announce (logger: Logger, proxy: RunningProxy): void {
  const loud = logger.child({}, { level: 'info' })
  for (const address of proxy.addresses) loud.info({ address }, 'listening')
  if (proxy.adminAddress !== null) loud.info({ address: proxy.adminAddress }, 'admin listening')
}
