import { systemClock } from '../base/clock.js'
import type { Output } from './output.js'

/** Milliseconds for the last spans to be taken. */
const LONGEST_FLUSH = 1000

/** Ends the process in order: the last spans are with their exporter, or it took none for a second; then the last log lines are written. */
export function leave ({ end }: Pick<Output, 'end'>): void {
  void flushSpans().then(() => { end(() => { process.exit(0) }) })
}

/** An SDK of the user's gathers spans and exports them every few seconds: what it still has would be lost. */
async function flushSpans (): Promise<void> {
  const late = new Promise<void>(resolve => { systemClock.after(LONGEST_FLUSH, resolve, true) })
  // Whatever it fails with, the process ends.
  await Promise.race([flush().catch(() => {}), late])
}

interface Flushable {
  forceFlush?: () => Promise<void>
}

async function flush (): Promise<void> {
  const { trace } = await import('@opentelemetry/api')
  // The API stands before the SDK; what an SDK has besides, the API does not name.
  const provider = trace.getTracerProvider() as Partial<{ getDelegate: () => Flushable, forceFlush: () => Promise<void> }>
  const sdk: Flushable = provider.getDelegate?.() ?? provider
  await sdk.forceFlush?.()
}
