import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { closedPort } from '../fixtures/closed-port.js'
import { change, figure, open, pair, row, startProxy, startScenes, startWorld, traffic } from '../fixtures/dashboard.js'

t.test('the figures of the dashboard', async t => {
  const { browser, scene } = await startScenes(t)

  scene('shows a full outage as clients see it', async t => {
    const world = await startWorld(t)
    const page = await open(t, browser, world.address)
    traffic(t, world)
    await figure(page, 'Requests', /^[1-9]/).waitFor()
    await figure(page, 'Errors', /^0%$/).waitFor()
    for (const backend of world.backends) await change(world, backend, { state: 'drain' })
    await figure(page, 'Errors', /^100%$/).waitFor()
    await figure(page, 'Requests', /^[1-9]/).waitFor()
    await poolFigure(page, 'Errors', /100%$/).waitFor()
    await poolFigure(page, 'Requests/s', /[1-9]/).waitFor()
    const [first] = pair(world.backends)
    t.match(await row(page, first).locator('[data-label="Requests/s"]').textContent(), /^0/, 'which no target is asked any more')
  })

  scene('counts no attempt that a retry made good as an error of the pool', async t => {
    const [first, second] = [await startBackend(t), { url: `http://127.0.0.1:${await closedPort(t)}` }]
    const world = await startProxy(t, [first, second], {}, { healthCheck: false, passiveHealth: false, retryBudget: { share: 10 } })
    const page = await open(t, browser, world.address)
    traffic(t, world)
    await row(page, second).locator('[data-label="Errors"]', { hasText: /^100%/ }).waitFor()
    await row(page, first).locator('[data-label="Errors"]', { hasText: /^0%/ }).waitFor()
    await figure(page, 'Errors', /^0%$/).waitFor()
    await poolFigure(page, 'Errors', /(?<!\d)0%$/).waitFor()
    await poolFigure(page, 'Retries/s', /[1-9]/).waitFor()
  })
})

/** One of the numbers in the head of the only pool, with its name, once it is like that. */
function poolFigure (page: Page, name: string, like: RegExp): Locator {
  return page.locator('.pool .figures > div', { has: page.getByText(name, { exact: true }) }).filter({ hasText: like })
}
