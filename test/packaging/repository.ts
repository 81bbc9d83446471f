import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseJson } from '../../src/config/json-text.js'
import { loadConfig } from '../../src/config/load.js'
import type { Config } from '../../src/config/config.js'
import { isRecord } from '../../src/config/place.js'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a file of this repository. */
export function text (path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** A JSON document that must be an object. */
export function object (json: string): Readonly<Record<string, unknown>> {
  const value = parseJson(json)
  if (!isRecord(value)) throw new Error('not an object')
  return value
}

/** The config in an example, as the program would load it. @throws {ConfigError} if the program would refuse it. */
export function loadExample (json: string, env: Readonly<Record<string, string>>): Config {
  return loadConfig(object(json), { env })
}
