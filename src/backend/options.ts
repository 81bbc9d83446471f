import { parseDuration } from '../base/duration.js'
import { ConfigError, type ConfigFault } from '../base/errors.js'
import type { EndSignal } from './host-process.js'

/** What a readiness check says: true is ready, false is not, and a text is not ready, with the reason for the log. */
export type CheckResult = boolean | string

/** Options of the plugin. Durations are written as in the config of the proxy: `"250ms"`, `"10s"`. */
export interface HeadraceBackendOptions {
  /** Path of the health route. Default `/health`. */
  readonly path?: string
  /** Is the backend ready? False, a reason or an error make the health route answer 503. What it says goes to the log only. */
  readonly check?: () => CheckResult | Promise<CheckResult>
  /** How long `check` may take; beyond that the backend is not ready. Default `2s`. */
  readonly checkTimeout?: string
  /** How long no request may have come before the backend stops accepting connections. Default `1s`. */
  readonly quiet?: string
  /** How long the backend waits for that quiet, at most. Default `10s`. */
  readonly notice?: string
  /** How long requests and connections that are then still open may take, before they are cut. Default `30s`. */
  readonly timeout?: string
  /** Signals that begin the drain. Default `['SIGTERM']`. */
  readonly signals?: readonly EndSignal[]
  /** End the process when the app has closed. Default true: timers and pools of connections would keep it alive. */
  readonly exit?: boolean
}

/** The options checked, with defaults, durations in milliseconds. */
export interface Settings {
  readonly path: string
  readonly check: (() => CheckResult | Promise<CheckResult>) | null
  readonly checkTimeout: number
  readonly quiet: number
  readonly notice: number
  readonly timeout: number
  readonly signals: readonly EndSignal[]
  readonly exit: boolean
}

const SIGNALS: readonly string[] = ['SIGTERM', 'SIGINT'] satisfies EndSignal[]

/** @throws {ConfigError} with every fault found. */
export function resolveOptions (options: HeadraceBackendOptions): Settings {
  const { path = '/health', check = null, signals = ['SIGTERM'], exit = true } = options
  const faults: ConfigFault[] = []
  const duration = (name: 'checkTimeout' | 'quiet' | 'notice' | 'timeout', standard: string): number => {
    const text: unknown = options[name] ?? standard
    const milliseconds = typeof text === 'string' ? parseDuration(text) : undefined
    if (milliseconds === undefined) faults.push({ path: name, message: `expected a duration such as "${standard}", got ${JSON.stringify(text)}` })
    return milliseconds ?? 0
  }
  if (typeof path !== 'string' || !path.startsWith('/')) faults.push({ path: 'path', message: `expected a path that begins with "/", got ${JSON.stringify(path)}` })
  if (check !== null && typeof check !== 'function') faults.push({ path: 'check', message: 'expected a function' })
  if (!Array.isArray(signals) || signals.some(signal => !SIGNALS.includes(signal))) {
    faults.push({ path: 'signals', message: `expected a list of ${SIGNALS.join(', ')}, got ${JSON.stringify(signals)}` })
  }
  if (typeof exit !== 'boolean') faults.push({ path: 'exit', message: `expected true or false, got ${JSON.stringify(exit)}` })
  const settings: Settings = {
    path,
    check,
    checkTimeout: duration('checkTimeout', '2s'),
    quiet: duration('quiet', '1s'),
    notice: duration('notice', '10s'),
    timeout: duration('timeout', '30s'),
    signals,
    exit
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return settings
}
