#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import pino, { type Logger } from 'pino'
import { systemClock } from './base/clock.js'
import { ConfigError } from './base/errors.js'
import type { LogLevel } from './config/config.js'
import { describeConfig } from './config/describe.js'
import { readConfigFile } from './config/file.js'
import { start, type RunningProxy } from './server/start.js'

const BAD_CONFIG = 2
const FAILED = 1
/** Milliseconds for the last log lines to be taken. */
const LONGEST_FLUSH = 1000

interface Options {
  readonly config?: string
  readonly demo?: boolean
  readonly port?: number
}

const program = new Command('headrace')
  .description('A load-balancing reverse proxy with health checks.')
  .version(version())
  .enablePositionalOptions()
  .option('-c, --config <file>', 'run the proxy that this JSON file describes')
  .option('--demo', 'run three sample backends and a proxy in front of them')
  .option('--port <number>', 'where the demo listens', readPort, 8080)
  .action(async (options: Options) => {
    if (options.config !== undefined) await run(options.config)
    else if (options.demo === true) await demo(options.port ?? 0)
    else program.help({ error: true })
  })

program.command('check')
  .description('validate a config file and print what it comes to')
  .requiredOption('-c, --config <file>', 'the JSON file')
  .action(({ config }: { readonly config: string }) => {
    print(JSON.stringify(describeConfig(readConfigFile(config, { env: process.env })), null, 2))
  })

try {
  await program.parseAsync()
} catch (error) {
  fail(error)
}

async function run (file: string): Promise<void> {
  const config = readConfigFile(file, { env: process.env })
  const ready = stopWhileStarting()
  const output = await createOutput(config.log.level)
  const proxy = await start(config, { logger: output.logger })
  ready()
  announce(output.logger, proxy)
  stopOnSignal(proxy, output, async () => await proxy.close())
}

async function demo (port: number): Promise<void> {
  const output = await createOutput('info')
  const { startDemo } = await import('./server/demo.js')
  const { proxy, backends, close } = await startDemo(systemClock, port, { logger: output.logger })
  announce(output.logger, proxy)
  const [address] = proxy.addresses
  print([
    '',
    `  The proxy listens on ${address}, in front of three backends:`,
    ...backends.map(url => `    ${url}`),
    '',
    '  Try, in another terminal:',
    `    curl -i ${address}/hello`,
    `    curl -N ${address}/events`,
    '',
    '  Ctrl-C ends it all.',
    ''
  ].join('\n'))
  stopOnSignal(proxy, output, async () => {
    await close()
    return 0
  })
}

/** One line for each address, whatever the log level: scripts wait for it. */
function announce (logger: Logger, proxy: RunningProxy): void {
  const loud = logger.child({}, { level: 'info' })
  for (const address of proxy.addresses) loud.info({ address }, 'listening')
}

/** A signal that comes before anything is served ends the program there and then. @returns what ends that. */
function stopWhileStarting (): () => void {
  const onSignal = (): never => process.exit(0)
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

/** The first signal drains, the second cuts. */
function stopOnSignal (proxy: RunningProxy, { logger, end }: Output, stop: () => Promise<number>): void {
  let stopping = false
  let stopped = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopped) return
    if (stopping) {
      const cut = proxy.cut()
      logger.warn({ signal, cut }, `cutting what is left: ${cut} connections`)
      return
    }
    stopping = true
    logger.info({ signal }, 'draining')
    stop().then(cut => {
      if (cut > 0) logger.warn({ cut }, `drained: ${cut} connections were cut at the deadline`)
      else logger.info('drained')
      stopped = true
      end(() => { process.exit(0) })
    }, fail)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

/** Where log lines go. */
interface Output {
  readonly logger: Logger
  /** Calls back when the last line has been written, or nobody has read it for a second. Nothing may be logged after that. */
  end (done: () => void): void
}

async function createOutput (level: LogLevel): Promise<Output> {
  if (process.stdout.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    const logger = pino({ level }, pretty({ destination: 1, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
    return { logger, end: done => { done() } }
  }
  const destination = pino.destination({ dest: 1, sync: false, minLength: 8192, maxWrite: 65_536, periodicFlush: 100 })
  return {
    logger: pino({ level }, destination),
    end: done => {
      systemClock.after(LONGEST_FLUSH, done)
      destination.once('close', done)
      destination.end()
    }
  }
}

/** Faults of the config one by one; anything else in one line. Nobody is shown a stack trace for his own typo. */
function fail (error: unknown): never {
  if (error instanceof ConfigError) {
    for (const { path, message } of error.faults) process.stderr.write(path === '' ? `${message}\n` : `${path}: ${message}\n`)
    process.exit(BAD_CONFIG)
  }
  process.stderr.write(`headrace: ${error instanceof Error ? explained(error) : String(error)}\n`)
  process.exit(FAILED)
}

/** A system error says enough in its message; anything unforeseen is a fault of ours and is shown whole. */
function explained (error: Error): string {
  return 'code' in error && 'syscall' in error ? error.message : error.stack ?? error.message
}

function readPort (text: string): number {
  const port = Number(text)
  if (!/^[0-9]{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('expected a port, 0 to 65535')
  return port
}

function version (): string {
  // The file is part of the package and has this shape.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

function print (text: string): void {
  process.stdout.write(`${text}\n`)
}
