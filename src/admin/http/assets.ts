import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'

/** A file of the dashboard. */
export interface Asset {
  readonly type: string
  readonly bytes: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** The built dashboard by the names of its files, which are few and small; empty if it was not built. */
export function readAssets (directory: URL): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  for (const name of namesIn(directory)) {
    const type = TYPES[extname(name)]
    if (type !== undefined) assets.set(name, { type, bytes: readFileSync(new URL(name, directory)) })
  }
  return assets
}

function namesIn (directory: URL): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
