import { systemClock } from '../base/clock.js'
import { nodeProcess } from './node-process.js'
import { backendPlugin } from './plugin.js'

export type { HealthReport, HealthStatus, LoopReading } from './health-report.js'
export type { EndSignal } from './host-process.js'
export type { CheckResult, HeadraceBackendOptions } from './options.js'
export type { HeadraceBackend } from './plugin.js'
export { ConfigError, type ConfigFault } from '../base/errors.js'

/** The Fastify plugin for a backend: a health route that tells of its load, and an end that loses no request. */
export default backendPlugin(systemClock, nodeProcess)
