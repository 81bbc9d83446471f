import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { Page } from 'playwright-core'
import t from 'tap'
import { change, newPage, pair, startProcesses, startProgramBefore, startScenes, startWorld, type World } from '../fixtures/dashboard.js'
import { eventually } from '../fixtures/proxy.js'

const TOKEN = 'a-token-that-nobody-guesses'

t.test('the dashboard and what it is connected to', async t => {
  const { browser, scene } = await startScenes(t)

  scene('has the events of a proxy that was started anew, and those alone', async t => {
    const world = await startProcesses(t)
    const page = await newPage(t, browser)
    await page.goto(world.address)
    await page.locator('.events li').first().waitFor()
    const old = await eventTimes(page)
    await world.program.stop('SIGKILL')
    await page.getByText('Connection lost').waitFor()

    const next = await startProgramBefore(t, world.backends, { port: Number(new URL(world.address).port) })
    await page.getByText('Live', { exact: true }).waitFor()
    await shows(page, next)
    for (const time of old) t.notOk((await eventTimes(page)).includes(time), 'nothing of the old one')
    const [first] = pair(next.backends)
    await change(next, first, { weight: 2 })
    await page.locator('.events li', { hasText: 'weight' }).waitFor()
    await shows(page, next)
  })

  scene('asks for the token, and says when the proxy is gone', async t => {
    const world = await startProcesses(t, { token: TOKEN })
    const page = await newPage(t, browser)
    await page.goto(world.address)
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Token').fill('not-the-token-at-all')
    await dialog.getByRole('button', { name: 'Unlock' }).click()
    await dialog.getByText('That token was refused').waitFor()
    await dialog.getByLabel('Token').fill(TOKEN)
    await dialog.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    await dialog.waitFor({ state: 'detached' })
    await page.reload()
    await page.getByText('Live', { exact: true }).waitFor()
    t.equal(await dialog.count(), 0, 'it is kept for this tab')
    t.equal(await page.evaluate('Object.keys(localStorage).join()'), 'headrace-theme', 'and nowhere else')
    await world.program.stop('SIGKILL')
    await page.getByText('Connection lost').waitFor()
  })

  scene('asks for the token again when one has looked away', async t => {
    const world = await startWorld(t, { token: TOKEN })
    const page = await newPage(t, browser)
    await page.goto(world.address)
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    // The first one a page may refuse, the second one it may not.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('Locked', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Enter token' }).click()
    await dialog.getByLabel('Token').fill(TOKEN)
    await dialog.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    await dialog.waitFor({ state: 'detached' })
    t.equal(await page.getByRole('button', { name: 'Enter token' }).count(), 0)
  })

  scene('takes nothing for a token that cannot be one', async t => {
    const world = await startWorld(t, { token: TOKEN })
    const page = await newPage(t, browser)
    await page.goto(world.address)
    const dialog = page.getByRole('dialog')
    for (const wrong of ['ein-schlüssel-für-alle', 'ключ-от-всех-дверей', 'two words in one token']) {
      await dialog.getByLabel('Token').fill(wrong)
      await dialog.getByRole('button', { name: 'Unlock' }).click()
      await dialog.getByRole('alert').filter({ hasText: 'visible ASCII' }).waitFor()
      t.equal(await page.evaluate('sessionStorage.length'), 0, 'it is not kept')
      await page.reload()
    }
    await dialog.getByLabel('Token').fill(` ${TOKEN} `)
    await dialog.getByRole('button', { name: 'Unlock' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  scene('says that others watch already, and gets its turn when they leave', async t => {
    const world = await startWorld(t)
    const agent = new http.Agent()
    t.teardown(() => { agent.destroy() })
    await Promise.all(Array.from({ length: 64 }, async () => {
      const [response] = await once(http.request(`${world.address}/stream`, { agent }).end(), 'response')
      // The event's only argument.
      const stream = response as http.IncomingMessage
      stream.on('error', () => {}).resume()
    }))
    const page = await newPage(t, browser)
    await page.goto(world.address)
    await page.getByText('others as may watch this proxy already do').waitFor()
    t.equal(await page.getByText('cannot be reached').count(), 0)
    agent.destroy()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  scene('says why it is refused', async t => {
    const world = await startWorld(t)
    const page = await newPage(t, browser)
    await page.route('**/stream', route => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"title":"A fault in the proxy itself","code":"internal_error"}' }))
    await page.goto(world.address)
    await page.getByText('refuses to be watched: A fault in the proxy itself').waitFor()
    await page.unroute('**/stream')
    await page.getByText('Live', { exact: true }).waitFor()
    t.equal(await page.getByText('refuses to be watched').count(), 0)
  })
})

t.test('the licenses of what is bundled go along', async t => {
  const built = (name: string): string => readFileSync(new URL(`../../dist/dashboard/${name}`, import.meta.url), 'utf8')
  for (const [name, owners] of Object.entries({ 'licenses.txt': ['Jason Miller', 'Leon Sorokin'], 'app.js': ['Jason Miller', 'Leon Sorokin'], 'style.css': ['Leon Sorokin'] })) {
    for (const owner of owners) t.match(built(name), new RegExp(`Copyright \\(c\\) [^\n]*${owner}\n\nPermission is hereby granted`), `${name}: ${owner}`)
  }
})

/** Resolves once the page has all events of a proxy, and no other; whatever happens meanwhile comes to it a moment later. */
async function shows (page: Page, proxy: World): Promise<void> {
  await eventually(async () => isDeepStrictEqual(await eventTimes(page), await eventsOf(proxy)))
}

/** Moments of the events that the page shows, newest first. */
async function eventTimes (page: Page): Promise<readonly (string | null)[]> {
  return await Promise.all((await page.locator('.events time').all()).map(time => time.getAttribute('datetime')))
}

/** The same of those that the API has. */
async function eventsOf ({ address }: World): Promise<readonly string[]> {
  const response = await fetch(`${address}/events`)
  // The API documents this.
  const { events } = await response.json() as { readonly events: ReadonlyArray<{ readonly at: number }> }
  return events.map(({ at }) => new Date(at).toISOString()).reverse()
}
