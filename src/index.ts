import { strategyKinds } from './balancing/strategies.js'
import { loadConfig } from './config/load.js'
import type { RunningProxy } from './server/running-proxy.js'
import { start, type StartOptions } from './server/start.js'
import plugin from './server/plugin.js'

export default plugin
export type { HeadraceDecorator, HeadraceOptions } from './server/plugin.js'
/** Named so that the types of `request.exchange` come along. */
export type { ForwardOptions } from './proxy/forward.js'
export type { RunningProxy } from './server/running-proxy.js'
export type { Extensions, StartOptions } from './server/start.js'
export type { GenerationPlugin } from './server/generation.js'
export type { RunningPool } from './server/running-pool.js'
export type { LoadReport } from './balancing/load-report.js'
export type { Candidate, Flight, Follower, NonEmpty, PickContext, Picker, RequestView, Strategy, StrategyKind } from './balancing/strategy.js'
export type { PickFunction } from './config/strategy-module.js'
export { ConfigError, ProxyError, type ConfigFault, type FailureCode } from './base/errors.js'
export { failures, type Fault, type FailureMeaning } from './proxy/failure.js'
export { balancedDispatcher, balancedHttpProxy, type BalancedHttpProxyPluginOptions, type PoolOrConfig } from './server/standalone-pool.js'
export type { BalancedDispatcher } from './proxy/balanced-dispatcher.js'
export { loadConfig } from './config/load.js'
export { readConfigFile } from './config/file.js'
export type { Config } from './config/config.js'

/**
 * Starts a proxy from the same object that a config file holds.
 * @throws {ConfigError} with every fault of the config; the system's error if an address can't be listened on.
 */
export async function startProxy (config: object, options: StartOptions = {}): Promise<RunningProxy> {
  return await start(loadConfig(config, { strategies: [...strategyKinds, ...options.extensions?.strategies ?? []] }), options)
}
