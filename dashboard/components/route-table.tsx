import type { JSX } from 'preact'
import type { RouteSnapshot } from '../../src/admin/snapshot.js'
import { count, milliseconds, rate, share } from '../format.js'
import type { History } from '../rates.js'
import { toneOf } from './overview.js'

const CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const

/** Which requests go where, and how they fare. */
export function RouteTable ({ routes, history }: { readonly routes: readonly RouteSnapshot[], readonly history: History }): JSX.Element {
  return (
    <section class='card' aria-labelledby='routes'>
      <div class='card-head'><h2 id='routes'>Routes</h2></div>
      <table role='table' class='routes'>
        <thead role='rowgroup'>
          <tr role='row'>{['Route', 'Pool', 'Requests/s', 'Errors', 'p50', 'p95', 'In flight', 'Statuses'].map(name => <th key={name} role='columnheader' scope='col'>{name}</th>)}</tr>
        </thead>
        <tbody role='rowgroup'>{routes.map(route => <RouteRow key={route.name} route={route} history={history} />)}</tbody>
      </table>
    </section>
  )
}

function RouteRow ({ route, history }: { readonly route: RouteSnapshot, readonly history: History }): JSX.Element {
  const rates = history.route(route)
  return (
    <tr role='row'>
      <th role='rowheader' scope='row' class='name'>{route.name}</th>
      <td role='cell' data-label='Pool'>{route.pool}</td>
      <td role='cell' data-label='Requests/s'>{rate(rates.requests)}</td>
      <td role='cell' data-label='Errors' class={toneOf(rates.errors)}>{share(rates.errors)}</td>
      <td role='cell' data-label='p50'>{milliseconds(rates.p50)}</td>
      <td role='cell' data-label='p95'>{milliseconds(rates.p95)}</td>
      <td role='cell' data-label='In flight'>{count(route.inflight)}</td>
      <td role='cell' data-label='Statuses' class='statuses'><Statuses route={route} /></td>
    </tr>
  )
}

/** Of all requests so far. */
function Statuses ({ route }: { readonly route: RouteSnapshot }): JSX.Element {
  const counts = CLASSES.map(status => ({ status, total: route.requests.reduce((sum, entry) => entry.status === status ? sum + entry.count : sum, 0) })).filter(({ total }) => total > 0)
  if (counts.length === 0) return <>–</>
  return <span class='split'>{counts.map(({ status, total }) => <span key={status} class={`status-${status}`}>{status} <b>{count(total)}</b></span>)}</span>
}
