import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../base/errors.js'
import type { Config } from './config.js'
import { parseJson } from './json-text.js'
import { loadConfig, type LoadOptions } from './load.js'
import { reason } from './tls-files.js'

/**
 * Loads a JSON file. Relative paths in it are relative to the file, unless `directory` is given.
 * @throws {ConfigError} with every fault; for a file that cannot be read or is not JSON, with that one.
 */
export function readConfigFile (path: string, options: LoadOptions = {}): Config {
  return loadConfig(parseJson(readText(path)), { directory: dirname(path), ...options })
}

function readText (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, reason(error))
  }
}

/** The fault of a config file that can not be read at all. */
export function unreadable (path: string, why: string): ConfigError {
  return new ConfigError([{ path: '', message: `cannot read ${JSON.stringify(path)}: ${why}` }])
}
