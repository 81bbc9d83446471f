import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../root.js'

/** Files that run as processes of their own, and what they load. */
export interface ProcessModules {
  readonly backend: string
  /** A backend with our plugin for backends. */
  readonly cooperativeBackend: string
  readonly headrace: string
  /** The plugin as the build leaves it. */
  readonly plugin: string
  /** The proxy as the build leaves it. */
  readonly proxy: string
}

/** As the build leaves them, beside this file. */
export const builtModules: ProcessModules = {
  backend: fileURLToPath(new URL('./backend.js', import.meta.url)),
  cooperativeBackend: fileURLToPath(new URL('./cooperative-backend.js', import.meta.url)),
  headrace: fileURLToPath(new URL('./headrace-process.js', import.meta.url)),
  plugin: join(root, 'dist', 'backend', 'index.js'),
  proxy: join(root, 'dist', 'index.js')
}
