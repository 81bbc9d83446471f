import { directHandler } from './direct-handler.js'
import type { Generation, GenerationOptions } from './generation.js'

/** Makes requests go straight to their exchanges, unless there are plugins that want to see them. */
export async function buildGeneration (options: GenerationOptions): Promise<Generation> {
  if (options.plugins.length === 0) return { handle: directHandler(options), close: async () => {} }
  // Fastify and what comes with it are half of the start-up time: only who needs them waits for them.
  const { buildApp } = await import('./app-generation.js')
  return await buildApp(options)
}
