import { ConfigError } from '../base/errors.js'

const BAD_CONFIG = 2
const FAILED = 1

/** Ends the program. Faults of the config one by one, anything else in one line: nobody is shown a stack trace for his own typo. */
export function fail (error: unknown): never {
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
