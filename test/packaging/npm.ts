import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What npm tells the scripts that it runs about its own package. An npm below it must not think that it is there. */
const OUTER = /^(INIT_CWD|npm_(package_.*|lifecycle_.*|command|config_local_prefix|config_prefix|(node_)?execpath))$/i

/** The environment as a shell in `cwd` would have it; how npm is configured stays. */
export function shellEnvironment (): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUTER.test(name)))
}

/**
 * Runs a program in a folder. @returns its standard output.
 * @throws {Error} with its output, if it fails or takes longer than a minute and a half.
 */
export async function run (cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: shellEnvironment(), timeout: 90_000, maxBuffer: 2 ** 26 })
  return stdout
}
