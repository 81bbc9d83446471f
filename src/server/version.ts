import { readFileSync } from 'node:fs'

// The file is part of the package and has this shape.
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }

/** The package's own. */
export const VERSION: string = version
