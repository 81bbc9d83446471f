interface Happening {
  /** When, as a share of the run. */
  readonly at: number
  /** Which target, counted from 1. */
  readonly target: number
}

/** Something that happens to a target. A process that is started again is as the file describes it. */
export type ScenarioEvent =
  | Happening & { readonly action: 'kill' | 'restart' | 'join' | 'leave' | 'fail' | 'heal' }
  /** `factor` takes the place of `slowdown`, evenly over a share of the run. */
  | Happening & { readonly action: 'slow', readonly factor: number, readonly over: number }

/** What of a target the events depend on. */
interface Eventful {
  readonly absent: boolean
  readonly failures: object | null
}

interface State {
  pooled: boolean
  alive: boolean
  failing: boolean
}

/** The first event that can not happen, as a sentence; undefined if all can. @param events in the order of time. */
export function checkEvents (events: readonly ScenarioEvent[], targets: readonly Eventful[]): string | undefined {
  const states = targets.map(({ absent, failures }): State => ({ pooled: !absent, alive: !absent, failing: failures !== null }))
  for (const event of events) {
    const state = states[event.target - 1]
    if (state === undefined) return `there is no target ${event.target} to ${event.action}`
    const fault = happen(state, event, targets[event.target - 1])
    if (fault !== undefined) return `cannot ${event.action} target ${event.target}, ${fault}`
  }
  return undefined
}

/** Changes the state as the event says, or tells what speaks against it. */
function happen (state: State, { action }: ScenarioEvent, target: Eventful | undefined): string | undefined {
  if (action !== 'join' && !state.pooled) return 'it is not in the pool'
  if (action !== 'restart' && action !== 'join' && action !== 'leave' && !state.alive) return 'it is dead'
  switch (action) {
    case 'kill':
      state.alive = false
      return undefined
    case 'restart':
      if (state.alive) return 'it is alive'
      start(state, target)
      return undefined
    case 'join':
      if (state.pooled) return 'it is in the pool'
      state.pooled = true
      start(state, target)
      return undefined
    case 'leave':
      state.pooled = false
      return undefined
    case 'fail':
      state.failing = true
      return undefined
    case 'heal':
      if (!state.failing) return 'it does not fail'
      state.failing = false
      return undefined
    case 'slow':
      return undefined
  }
}

/** A process that is started anew is as the file describes it. */
function start (state: State, target: Eventful | undefined): void {
  state.alive = true
  state.failing = target !== undefined && target.failures !== null
}
