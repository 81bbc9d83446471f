import type { JSX } from 'preact'
import type { PoolSnapshot, TargetSnapshot } from '../../src/admin/snapshot.js'
import { count, rate, share } from '../format.js'
import type { History } from '../rates.js'
import { toneOf } from './overview.js'
import type { TargetAction } from './target-dialog.js'
import { TargetRow } from './target-row.js'

interface PoolSectionProps {
  readonly pool: PoolSnapshot
  readonly history: History
  readonly now: number
  onAction (target: TargetSnapshot, action: TargetAction): void
}

const COLUMNS = ['Target', 'State', 'In flight', 'Requests/s', 'Errors', 'Latency', 'Retries', 'Last check', 'Downtime', 'Weight']

/** A pool: what holds for all of it, and its targets. */
export function PoolSection ({ pool, history, now, onAction }: PoolSectionProps): JSX.Element {
  const heading = `pool-${pool.name}`
  return (
    <section class='card pool' aria-labelledby={heading}>
      <div class='card-head'>
        <h2 id={heading}>{pool.name}</h2>
        <span class='chip'>{pool.strategy}</span>
        <PoolFigures pool={pool} history={history} />
      </div>
      {pool.panicking && <p class='banner' role='alert'><strong>Panic.</strong> No target of this pool is healthy, so all of them are tried.</p>}
      <table role='table' class='targets'>
        <thead role='rowgroup'>
          <tr role='row'>
            {COLUMNS.map(name => <th key={name} role='columnheader' scope='col' class={`column-${name.toLowerCase().replace(/\W/g, '-')}`}>{name}</th>)}
            <th role='columnheader' scope='col' class='column-actions'><span class='hidden'>Actions</span></th>
          </tr>
        </thead>
        <tbody role='rowgroup'>
          {pool.targets.map(target => (
            <TargetRow key={target.url} target={target} rates={history.target(pool, target)} now={now} onAction={action => { onAction(target, action) }} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function PoolFigures ({ pool, history }: Pick<PoolSectionProps, 'pool' | 'history'>): JSX.Element {
  const { inflight, maxConnections, queue, budgetLeft, budgetRefused } = pool
  const rates = history.pool(pool)
  return (
    <dl class='figures'>
      <Figure name='Requests/s' value={rate(rates.requests)} />
      <Figure name='Errors' value={share(rates.errors)} tone={toneOf(rates.errors)} />
      <Figure name='In flight' value={maxConnections === 0 ? count(inflight) : `${count(inflight)} / ${count(maxConnections)}`} />
      <Figure
        name='Queue' value={`${count(queue.now)} / ${count(queue.limit)}`} tone={queue.now > 0 ? 'warn' : ''}
        more={`Most at once ${count(queue.max)}; in all ${count(queue.total)}, of which ${count(queue.timedOut)} timed out; ${count(queue.refused)} refused`}
      />
      <Figure name='Retries/s' value={rate(rates.retries)} />
      <Figure name='Retry budget' value={`${count(Math.floor(budgetLeft))} left`} tone={budgetLeft < 1 ? 'warn' : ''} more={`${count(budgetRefused)} retries refused in all`} />
    </dl>
  )
}

function Figure ({ name, value, tone = '', more }: { readonly name: string, readonly value: string, readonly tone?: string, readonly more?: string }): JSX.Element {
  return <div class={tone} title={more}><dt>{name}</dt><dd>{value}</dd></div>
}
