import type { JSX } from 'preact'
import type { TargetState } from '../../src/admin/snapshot.js'

/** Each state has a word and a shape of its own: colour is never all that tells them apart. */
const STATES: Readonly<Record<TargetState, { readonly word: string, readonly shape: string, readonly tone: string, readonly meaning: string }>> = {
  up: { word: 'Up', shape: '●', tone: 'good', meaning: 'It gets requests.' },
  full: { word: 'Full', shape: '◆', tone: 'warn', meaning: 'It has as many requests as it may.' },
  down: { word: 'Down', shape: '✕', tone: 'bad', meaning: 'Its health check fails.' },
  ejected: { word: 'Ejected', shape: '▲', tone: 'bad', meaning: 'Too many requests failed there; it is tried again in a while.' },
  drain: { word: 'Draining', shape: '◐', tone: 'calm', meaning: 'Drained, or of weight 0: it finishes what it has and gets nothing new.' },
  maint: { word: 'Maintenance', shape: '■', tone: 'calm', meaning: 'It is left alone.' },
  checking: { word: 'Checking', shape: '○', tone: 'calm', meaning: 'Its health check has not passed yet.' }
}

export function StateBadge ({ state }: { readonly state: TargetState }): JSX.Element {
  const { word, shape, tone, meaning } = STATES[state]
  return <span class={`badge ${tone}`} title={meaning}><span class='shape' aria-hidden='true'>{shape}</span><span>{word}</span></span>
}
