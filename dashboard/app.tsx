import { render, type JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { PoolSnapshot, TargetSnapshot } from '../src/admin/snapshot.js'
import { token } from './api.js'
import { EventList } from './components/event-list.js'
import { Overview } from './components/overview.js'
import { Page } from './components/page.js'
import { PoolSection } from './components/pool-section.js'
import { Processes } from './components/processes.js'
import { ReloadDialog } from './components/reload-dialog.js'
import { RouteTable } from './components/route-table.js'
import { TargetDialog, type TargetAction } from './components/target-dialog.js'
import { TokenDialog } from './components/token-dialog.js'
import { Feed } from './feed.js'
import { applyTheme, savedTheme } from './theme.js'

/** What the user is being asked; null = nothing. */
type Question = { readonly pool: PoolSnapshot, readonly target: TargetSnapshot, readonly action: TargetAction } | 'reload' | null

function App (): JSX.Element {
  const feed = useMemo(() => new Feed(), [])
  const [, redraw] = useState(0)
  const [question, ask] = useState<Question>(null)
  // Whoever has closed it may look at the page as it is, and open it again.
  const [wantsToken, wantToken] = useState(true)
  useEffect(() => { feed.start(() => { redraw(count => count + 1) }) }, [feed])
  const close = (): void => { ask(null) }
  return (
    <Page feed={feed} onReload={() => { ask('reload') }} onUnlock={() => { wantToken(true) }}>
      <Content feed={feed} onAction={(pool, target, action) => { ask({ pool, target, action }) }} />
      {question === 'reload' && <ReloadDialog onClose={close} />}
      {question !== null && question !== 'reload' && <TargetDialog {...question} onClose={close} />}
      {feed.state === 'locked' && wantsToken && <TokenDialog refused={token.get() !== null} onToken={value => { token.set(value); feed.retry() }} onClose={() => { wantToken(false) }} />}
    </Page>
  )
}

interface ContentProps {
  readonly feed: Feed
  onAction (pool: PoolSnapshot, target: TargetSnapshot, action: TargetAction): void
}

function Content ({ feed: { snapshot, history, events, newest, state, trouble }, onAction }: ContentProps): JSX.Element | null {
  if (snapshot === null) return <p class='empty' role='status'>{state === 'locked' ? 'This proxy asks for a token.' : state === 'connecting' ? 'Connecting…' : trouble}</p>
  return (
    <>
      <Overview snapshot={snapshot} rates={history.all()} />
      <div class='columns'>
        <div class='main'>
          {snapshot.pools.map(pool => (
            <PoolSection key={pool.name} pool={pool} history={history} now={snapshot.at} onAction={(target, action) => { onAction(pool, target, action) }} />
          ))}
          <RouteTable routes={snapshot.routes} history={history} />
          <Processes snapshot={snapshot} />
        </div>
        <EventList events={events} newest={newest} />
      </div>
    </>
  )
}

applyTheme(savedTheme())
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
