import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { token } from '../api.js'
import type { Feed, FeedState } from '../feed.js'
import { span } from '../format.js'
import { applyTheme, savedTheme, themes } from '../theme.js'

const STATES: Readonly<Record<FeedState, string>> = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost', refused: 'Refused', locked: 'Locked' }

interface PageProps {
  readonly feed: Feed
  readonly children: ComponentChildren
  onReload (): void
  onUnlock (): void
}

/** What stands around all else: who is shown, how the stream is, the switches. */
export function Page ({ feed, children, onReload, onUnlock }: PageProps): JSX.Element {
  const { snapshot, state, trouble } = feed
  return (
    <>
      <a class='skip' href='#content'>Skip to the pools</a>
      <header class='bar'>
        <div class='brand'>
          <img src='assets/icon.svg' alt='' width='28' height='28' />
          <h1>Headrace</h1>
          {snapshot !== null && <span class='muted'>{snapshot.build.version} · up {span(snapshot.at - snapshot.startedAt)}</span>}
        </div>
        <span class={`feed feed-${state}`} role='status'><span class='dot' aria-hidden='true' />{STATES[state]}</span>
        <div class='tools'>
          {state === 'locked' && <button type='button' class='primary' onClick={onUnlock}>Enter token</button>}
          <button type='button' onClick={onReload} disabled={state !== 'live'}>Reload config</button>
          {token.get() !== null && <button type='button' onClick={() => { token.forget(); location.reload() }}>Forget token</button>}
          <ThemeSwitch />
        </div>
      </header>
      <main id='content' class={state === 'lost' || state === 'refused' ? 'stale' : ''}>
        {snapshot !== null && state === 'refused' && <p class='banner' role='status'>{trouble}</p>}
        {snapshot?.draining === true && <p class='banner' role='alert'>This proxy is shutting down: it finishes what it has and takes nothing new.</p>}
        {children}
      </main>
    </>
  )
}

function ThemeSwitch (): JSX.Element {
  const [theme, set] = useState(savedTheme)
  return (
    <fieldset class='themes'>
      <legend class='hidden'>Theme</legend>
      {themes.map(name => (
        <label key={name}>
          <input type='radio' name='theme' value={name} checked={name === theme} onChange={() => { applyTheme(name); set(name) }} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}
