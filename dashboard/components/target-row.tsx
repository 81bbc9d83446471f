import type { ComponentChildren, JSX } from 'preact'
import type { TargetSnapshot } from '../../src/admin/snapshot.js'
import { count, milliseconds, rate, share, span, targetName } from '../format.js'
import type { Rates } from '../rates.js'
import { toneOf } from './overview.js'
import { Sparkline } from './sparkline.js'
import { StateBadge } from './state-badge.js'
import { actionsFor, actionWords, type TargetAction } from './target-dialog.js'

interface TargetRowProps {
  readonly target: TargetSnapshot
  readonly rates: Rates
  readonly now: number
  onAction (action: TargetAction): void
}

/** One target: a row of the table, or a card where the window is narrow. */
export function TargetRow ({ target, rates, now, onAction }: TargetRowProps): JSX.Element {
  const { url, state, since, retries, downtime, ejections } = target
  const name = targetName(url)
  return (
    <tr role='row' class={`target is-${state}`}>
      <th role='rowheader' scope='row' class='name'>{name}<Traits target={target} /></th>
      <Cell name='State'><StateBadge state={state} /><small>for {span(now - since)}</small></Cell>
      <Cell name='In flight'><Inflight target={target} /></Cell>
      <Cell name='Requests/s'>{rate(rates.requests)}<small>{count(target.requests)} total</small></Cell>
      <Cell name='Errors' tone={toneOf(rates.errors)}>{share(rates.errors)}<Failures target={target} /></Cell>
      <Cell name='Latency' more='latency'>
        {milliseconds(rates.latency)}
        <Sparkline values={rates.latencies} label={`Average latency of ${name} in the last minute, now ${milliseconds(rates.latency)}`} />
      </Cell>
      <Cell name='Retries'>{count(retries)}</Cell>
      <Cell name='Last check'><LastCheck target={target} now={now} /></Cell>
      <Cell name='Downtime'>{downtime < 1000 ? '–' : span(downtime)}{ejections > 0 && <small>{ejections} × ejected</small>}</Cell>
      <Cell name='Weight'><Weight target={target} onChange={() => { onAction('weight') }} /></Cell>
      <td role='cell' class='actions'>
        {actionsFor(state).map((action, index) => (
          // By place, so that a button keeps the focus when it becomes another.
          <button key={index} type='button' onClick={() => { onAction(action) }} aria-label={`${actionWords[action].button} ${name}`}>{actionWords[action].button}</button>
        ))}
      </td>
    </tr>
  )
}

function Cell ({ name, tone = '', more = '', children }: { readonly name: string, readonly tone?: string, readonly more?: string, readonly children: ComponentChildren }): JSX.Element {
  return <td role='cell' data-label={name} class={`${tone} ${more}`}>{children}</td>
}

function Traits ({ target: { priority, zone } }: { readonly target: TargetSnapshot }): JSX.Element | null {
  const traits = [...(priority > 0 ? [`priority ${priority}`] : []), ...(zone === null ? [] : [`zone ${zone}`])]
  return traits.length === 0 ? null : <small>{traits.join(' · ')}</small>
}

/** The limit is the adaptive one if it is lower. */
function Inflight ({ target: { inflight, inflightMax, maxConnections, adaptiveLimit } }: { readonly target: TargetSnapshot }): JSX.Element {
  const limit = Math.min(maxConnections === 0 ? Infinity : maxConnections, adaptiveLimit ?? Infinity)
  return (
    <>
      {count(inflight)}{limit < Infinity && ` / ${count(limit)}`}
      {limit < Infinity ? <meter min={0} max={limit} value={inflight} aria-label='Part of the limit in use' /> : <small>most {count(inflightMax)}</small>}
    </>
  )
}

function Failures ({ target: { responses, failures } }: { readonly target: TargetSnapshot }): JSX.Element | null {
  const failed = Object.values(failures).reduce((sum, value) => sum + value, 0)
  const all = failed + responses[5]
  if (all === 0) return null
  const words = [...(responses[5] > 0 ? [`${count(responses[5])} × 5xx`] : []), ...Object.entries(failures).map(([code, value]) => `${count(value)} × ${code}`)]
  return <small title={words.join(', ')}>{count(all)} total</small>
}

function LastCheck ({ target: { lastCheck }, now }: { readonly target: TargetSnapshot, readonly now: number }): JSX.Element {
  if (lastCheck === null) return <>–</>
  const { passed, at, tookMs, reason } = lastCheck
  return (
    <span class={passed ? '' : 'bad'} title={reason}>
      {passed ? `✓ ${milliseconds(tookMs)}` : '✕ failed'}
      <small>{span(now - at)} ago</small>
      {!passed && <small class='reason'>{reason}</small>}
    </span>
  )
}

function Weight ({ target: { url, weight, slowStartShare }, onChange }: { readonly target: TargetSnapshot, onChange (): void }): JSX.Element {
  return (
    <>
      <button type='button' class='value' title='Change' aria-label={`Weight ${weight} of ${targetName(url)}: change`} onClick={onChange}>{weight}</button>
      {slowStartShare < 1 && <><meter min={0} max={1} value={slowStartShare} aria-label='Slow start' /><small>at {share(slowStartShare)}</small></>}
    </>
  )
}
