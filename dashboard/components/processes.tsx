import type { JSX } from 'preact'
import type { Snapshot } from '../../src/admin/snapshot.js'
import { bytes, count, milliseconds, share, span, timeOfDay } from '../format.js'

/** The processes of the proxy, and what became of reloads. */
export function Processes ({ snapshot }: { readonly snapshot: Snapshot }): JSX.Element {
  const { processes, reloads, at, build } = snapshot
  return (
    <section class='card' aria-labelledby='processes'>
      <div class='card-head'>
        <h2 id='processes'>Processes</h2>
        <span class='chip'>Node {build.node.replace(/^v/, '')}</span>
        <p class='muted'>{reloadWords(reloads)}</p>
      </div>
      <table role='table' class='processes'>
        <thead role='rowgroup'>
          <tr role='row'>{['Process', 'Connections', 'Event loop', 'Lag p99', 'Memory', 'CPU time', 'Up'].map(name => <th key={name} role='columnheader' scope='col'>{name}</th>)}</tr>
        </thead>
        <tbody role='rowgroup'>
          {processes.map(({ pid, role, connections, eventLoop, memoryBytes, cpuSeconds, startedAt }) => (
            <tr key={pid} role='row'>
              <th role='rowheader' scope='row' class='name'>{pid}{role !== 'single' && <small>{role}</small>}</th>
              <td role='cell' data-label='Connections'>{count(connections)}</td>
              <td role='cell' data-label='Event loop'>{share(eventLoop.utilization)}</td>
              <td role='cell' data-label='Lag p99'>{milliseconds(eventLoop.p99)}</td>
              <td role='cell' data-label='Memory'>{bytes(memoryBytes)}</td>
              <td role='cell' data-label='CPU time'>{span(cpuSeconds * 1000)}</td>
              <td role='cell' data-label='Up'>{span(at - startedAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function reloadWords ({ succeeded, failed, last }: Snapshot['reloads']): string {
  if (last === null) return 'Not reloaded yet'
  return `${succeeded} reloads, ${failed} refused · last ${timeOfDay(last.at)}, ${last.ok ? 'done' : 'refused'}: ${last.message}`
}
