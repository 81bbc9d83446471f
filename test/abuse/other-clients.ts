import type { Test } from 'tap'
import { connect } from '../fixtures/client.js'

const CLIENTS = 4

/** How clients fare who mean no harm: each sends its requests one after the other on a connection of its own. @returns the 99th percentile, in ms. */
export async function othersAreServed (t: Test, port: number, requests = 200, path = '/other'): Promise<number> {
  const times: number[] = []
  const one = async (): Promise<void> => {
    const client = await connect(t, port)
    for (let i = 0; i < requests / CLIENTS; i++) {
      const start = performance.now()
      const { status } = await client.get(path).response()
      times.push(performance.now() - start)
      if (status !== 200) t.fail(`another client got ${status}`)
    }
    client.leave()
  }
  await Promise.all(Array.from({ length: CLIENTS }, one))
  t.equal(times.length, requests, `${requests} requests of others are answered`)
  return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? 0
}

/** Serves others without and with an attack under way, and says what they notice of it. No assertion is made on times. */
export async function duringAttack (t: Test, port: number, name: string, attack: () => Promise<void>, requests = 200): Promise<void> {
  // The first requests pay for what is compiled as it is needed.
  await othersAreServed(t, port, 2 * requests)
  const calm = await othersAreServed(t, port, requests)
  await attack()
  const attacked = await othersAreServed(t, port, requests)
  t.comment(`${name}: p99 of others ${calm.toFixed(1)} ms without, ${attacked.toFixed(1)} ms with`)
}
