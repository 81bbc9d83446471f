import { notSimulated } from './pool-input.js'

/** What no simulation knows. */
const ALWAYS = [
  'what the proxy itself costs: its processor, its connections and their setup, the network. Only --overhead stands for them, and it does not grow with the load',
  'how the processes disturb each other: every target has its machine for itself',
  'clients that give up, bodies, connections that hang'
]

const OF_SCENARIOS = ['whether the service times are those of your targets: they are what the scenario says, drawn independently of each other']

const OF_LOGS = [
  'the latency of a target that was not chosen: what a request takes is drawn from what others took on that target, at another time and under the load it had then',
  'how a target answers under more or less load than in the log: its requests do not wait for each other here',
  'targets that answered nothing in the log, requests whose clients left, and keys beside the client\'s address and the path'
]

/** What a simulation of a scenario can not know, each as the end of a sentence. @param pool options of the scenario. */
export function limitsOfScenario (pool: Readonly<Record<string, unknown>>): string[] {
  const ignored = notSimulated(pool)
  return [...ALWAYS, ...OF_SCENARIOS, ...(ignored.length === 0 ? [] : [`what these options of the pool do: ${ignored.join(', ')}`])]
}

/** The same for a log. */
export function limitsOfLog (): string[] {
  return [...ALWAYS, ...OF_LOGS]
}

/** As text. */
export function limitsText (limits: readonly string[]): string {
  return ['What this can not know:', ...limits.map(limit => `- ${limit}`)].join('\n')
}
