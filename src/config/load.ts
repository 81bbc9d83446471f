import type { StrategyKind } from '../balancing/strategy.js'
import { strategyKinds } from '../balancing/strategies.js'
import { ConfigError, type ConfigFault } from '../base/errors.js'
import type { Config } from './config.js'
import { crossCheck } from './cross-check.js'
import { deepFreeze } from './deep-freeze.js'
import { expand, type Environment } from './expand.js'
import { placeText } from './place.js'
import { resolveConfig } from './resolve.js'
import { checkStructure, isConfigInput } from './structure.js'
import { TlsFiles } from './tls-files.js'

export interface LoadOptions {
  /** What `${NAME}` is looked up in. Default: nothing. */
  readonly env?: Environment
  /** What relative paths in the config are relative to. Default: the working directory. */
  readonly directory?: string
  /** The strategies that pools may name. Default: the built-in ones. */
  readonly strategies?: readonly StrategyKind[]
}

/**
 * Turns what people write (a parsed file, the plugin's options) into a config that can run.
 * @throws {ConfigError} with every fault.
 */
export function loadConfig (input: unknown, { env = {}, directory = '', strategies = strategyKinds }: LoadOptions = {}): Config {
  const { document, variables, faults } = expand(input, env)
  const found = checkStructure(document, variables, { kinds: strategies, directory })
  const files = new TlsFiles(directory)
  files.readAll(document)
  const all = firstOfEach([
    ...faults,
    ...found.map(({ place, message }) => ({ path: placeText(place), message })),
    ...crossCheck(document, directory),
    ...files.faults
  ])
  if (all.length > 0 || !isConfigInput(document)) throw new ConfigError(all)
  return deepFreeze(resolveConfig(document, { directory, kinds: strategies, files }))
}

/** One fault for each path: what comes later often follows from the first. */
function firstOfEach (faults: readonly ConfigFault[]): readonly ConfigFault[] {
  const paths = new Set<string>()
  return faults.filter(({ path }) => paths.size !== paths.add(path).size)
}
