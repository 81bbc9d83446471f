import type { EndSignal, HostProcess } from '../../src/backend/host-process.js'
import type { DelayMeter, LoopTimes } from '../../src/base/loop-meter.js'

/** A process that a test holds in its hand. */
export class FakeProcess implements HostProcess {
  readonly exits: number[] = []
  readonly meters: FakeDelayMeter[] = []
  times: LoopTimes = { idle: 0, active: 0 }
  /** Called with each exit code. */
  onExit: (code: number) => void = () => {}
  readonly #listeners = new Map<EndSignal, Set<(signal: EndSignal) => void>>()

  onSignal (signal: EndSignal, listener: (signal: EndSignal) => void): () => void {
    const listeners = this.#listeners.get(signal) ?? new Set()
    this.#listeners.set(signal, listeners.add(listener))
    return () => { listeners.delete(listener) }
  }

  /** @returns whether anybody listened. */
  signal (signal: EndSignal): boolean {
    const listeners = [...this.#listeners.get(signal) ?? []]
    for (const listener of listeners) listener(signal)
    return listeners.length > 0
  }

  exit (code: number): void {
    this.exits.push(code)
    this.onExit(code)
  }

  heap (): { usedBytes: number, limitBytes: number } {
    return { usedBytes: 1000, limitBytes: 5000 }
  }

  uptimeSeconds (): number {
    return 12.345
  }

  loopTimes (): LoopTimes {
    return this.times
  }

  delayMeter (): DelayMeter {
    const meter = new FakeDelayMeter()
    this.meters.push(meter)
    return meter
  }

  /** The event loop was at work and at rest for so long. */
  ran (active: number, idle: number): void {
    this.times = { active: this.times.active + active, idle: this.times.idle + idle }
  }

  /** The event loop was late. */
  late (delay: number): void {
    for (const meter of this.meters) meter.late(delay)
  }
}

class FakeDelayMeter implements DelayMeter {
  stopped = false
  #worst = 0

  late (delay: number): void {
    this.#worst = Math.max(this.#worst, delay)
  }

  p50 (): number {
    return this.#worst / 2
  }

  p99 (): number {
    return this.#worst
  }

  max (): number {
    return this.#worst
  }

  reset (): void {
    this.#worst = 0
  }

  stop (): void {
    this.stopped = true
  }
}
