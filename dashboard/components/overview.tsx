import type { ComponentChildren, JSX } from 'preact'
import type { Snapshot } from '../../src/admin/snapshot.js'
import { count, milliseconds, rate, share } from '../format.js'
import type { Rates } from '../rates.js'
import { Sparkline } from './sparkline.js'

/** The whole proxy at a glance. */
export function Overview ({ snapshot, rates }: { readonly snapshot: Snapshot, readonly rates: Rates }): JSX.Element {
  const { pools, processes, connections } = snapshot
  const targets = pools.flatMap(pool => pool.targets)
  const serving = targets.filter(({ state }) => state === 'up' || state === 'full').length
  const inflight = pools.reduce((sum, pool) => sum + pool.inflight, 0)
  const queued = pools.reduce((sum, pool) => sum + pool.queue.now, 0)
  const lag = Math.max(0, ...processes.map(({ eventLoop }) => eventLoop.p99))
  const busy = Math.max(0, ...processes.map(({ eventLoop }) => eventLoop.utilization))
  return (
    <section class='overview' aria-label='Overview'>
      <Tile name='Requests' value={rate(rates.requests)} unit='per second'>
        <Sparkline values={rates.requestsBySecond} label='Requests per second, last minute' height={48} />
      </Tile>
      <Tile name='Errors' value={share(rates.errors)} unit='of requests' tone={toneOf(rates.errors)}>
        <Sparkline values={rates.errorsBySecond} label='Share of errors, last minute' height={48} stroke='--bad' least={0.02} />
      </Tile>
      <Tile name='Latency' value={milliseconds(rates.latency)} unit='to the first byte'>
        <Sparkline values={rates.latencies} label='Average latency, last minute' height={48} />
      </Tile>
      <Tile name='Targets' value={`${serving} / ${targets.length}`} unit='in service' tone={serving < targets.length ? 'warn' : ''} />
      <Tile name='In flight' value={count(inflight)} unit={queued === 0 ? 'nobody waits' : `${count(queued)} wait`} tone={queued > 0 ? 'warn' : ''} />
      <Tile name='Connections' value={count(connections)} unit='of clients' />
      <Tile name='Loop lag' value={milliseconds(lag)} unit={`p99 · ${share(busy)} busy`} tone={lag > 100 ? 'warn' : ''} />
      <Tile name='Processes' value={String(processes.length)} unit={snapshot.workerRestarts === 0 ? 'none restarted' : `${snapshot.workerRestarts} restarted`} />
    </section>
  )
}

interface TileProps {
  readonly name: string
  readonly value: string
  readonly unit: string
  readonly tone?: string
  readonly children?: ComponentChildren
}

function Tile ({ name, value, unit, tone = '', children }: TileProps): JSX.Element {
  return (
    <div class={`tile ${children === undefined ? '' : 'wide'} ${tone}`}>
      <div>
        <h2>{name}</h2>
        <p class='figure'>{value}</p>
        <p class='muted'>{unit}</p>
      </div>
      {children}
    </div>
  )
}

/** How grave a share of errors is. */
export function toneOf (errors: number | null): '' | 'warn' | 'bad' {
  if (errors === null || errors === 0) return ''
  return errors < 0.05 ? 'warn' : 'bad'
}
