import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's directory, found from this file whether it runs compiled or as it is. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot (directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory) throw new Error('no package.json above the benchmark')
  return findRoot(parent)
}
