import { KEY_FIELD } from './clients.js'

/** What strategies need beside their name to be of use in a run of a few seconds. */
const OPTIONS: Readonly<Record<string, object>> = {
  'consistent-hash': { key: `header:${KEY_FIELD}` },
  sticky: { secret: 'the benchmark has nothing to hide' },
  'load-aware': { blackout: '1s' }
}

/** A strategy as the proxy's config takes it. */
export function strategySpec (name: string): object {
  return { name, ...OPTIONS[name] }
}
