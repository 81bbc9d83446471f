import type { Page } from 'playwright-core'
import t from 'tap'
import { change, figure, open, pair, row, startProcesses, startScenes, startWorld, traffic, type World } from '../fixtures/dashboard.js'

t.test('the dashboard', async t => {
  const { browser, scene } = await startScenes(t)

  scene('shows what happens: traffic, a target that dies and comes back', async t => {
    const world = await startProcesses(t)
    const [first, second] = pair(world.backends)
    const page = await open(t, browser, world.address)
    traffic(t, world)
    await row(page, first).getByText('Up', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'api' }).waitFor()
    await figure(page, 'Requests', /^[1-9]/).waitFor()
    await row(page, first).locator('[data-label="Latency"]', { hasText: /\d ms/ }).waitFor()
    await page.getByRole('row').filter({ hasText: '2xx' }).waitFor()
    t.equal(await page.getByText('2 / 2').count(), 1)

    await second.kill()
    await row(page, second).getByText('Down', { exact: true }).waitFor()
    t.comment(`seen ${await sinceLast(page)} ms after it was known`)
    await page.getByText('1 / 2').waitFor()
    await page.locator('.events li', { hasText: 'down' }).first().waitFor()
    t.match(await page.locator('[aria-live]').textContent(), /down/, 'and read out')
    await second.start()
    await row(page, second).getByText('Up', { exact: true }).waitFor()
    t.comment(`seen ${await sinceLast(page)} ms after it was known`)
  })

  scene('drains a target by a click, and lets it come back', async t => {
    const world = await startWorld(t)
    const [first] = pair(world.backends)
    const page = await open(t, browser, world.address)
    const target = row(page, first)
    const dialog = page.getByRole('dialog')
    await target.getByRole('button', { name: 'Drain' }).click()
    t.match(await dialog.textContent(), /finishes what it has and gets nothing new/)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    t.equal(await state(world, first), 'up', 'nothing without a confirmation')

    await target.getByRole('button', { name: 'Drain' }).click()
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await target.getByText('Draining').waitFor()
    t.equal(await state(world, first), 'drain')
    await target.getByRole('button', { name: 'Ready' }).click()
    await dialog.getByRole('button', { name: 'Ready' }).click()
    await target.getByText('Up', { exact: true }).waitFor()

    await target.getByRole('button', { name: 'Maintain' }).click()
    await dialog.getByRole('button', { name: 'Maintain' }).click()
    await target.getByText('Maintenance').waitFor()
    await page.getByRole('row').filter({ hasNot: target }).getByRole('button', { name: 'Drain' }).last().click()
    t.match(await dialog.textContent(), /last target of pool api that is in service/)
  })

  scene('gives a target another weight', async t => {
    const world = await startWorld(t)
    const [first, second] = pair(world.backends)
    const page = await open(t, browser, world.address)
    await row(page, first).getByRole('button', { name: /^Weight 1 of/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Weight').fill('-1')
    await dialog.getByRole('button', { name: 'Weight' }).click()
    t.equal(await dialog.isVisible(), true, 'the browser refuses what is none')
    const warned = (): Promise<boolean> => dialog.getByText('It is the last target').isVisible()
    t.equal(await warned(), false)
    await dialog.getByLabel('Weight').fill('2.5')
    await dialog.getByRole('button', { name: 'Weight' }).click()
    await row(page, first).getByRole('button', { name: /^Weight 2.5 of/ }).waitFor()
    await row(page, second).getByRole('button', { name: 'Drain' }).click()
    await dialog.getByRole('button', { name: 'Drain' }).click()
    await row(page, second).getByText('Draining').waitFor()
    await row(page, first).getByRole('button', { name: /^Weight 2.5 of/ }).click()
    await dialog.getByLabel('Weight').fill('0')
    await dialog.getByText('It is the last target of pool api that is in service').waitFor()
  })

  scene('reloads the config', async t => {
    const world = await startProcesses(t)
    const page = await open(t, browser, world.address)
    await page.getByRole('button', { name: 'Reload config' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Reload' }).click()
    await dialog.getByText('Nothing is different').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })
  })

  scene('works by the keyboard alone', async t => {
    const world = await startWorld(t)
    const [first] = pair(world.backends)
    const page = await open(t, browser, world.address)
    await row(page, first).getByText('Up', { exact: true }).waitFor()
    await page.keyboard.press('Tab')
    t.equal(await focused(page), 'Skip to the pools', 'first a way past the header')
    const order: string[] = []
    while (!order.at(-1)?.startsWith('Drain') && order.length < 20) {
      await page.keyboard.press('Tab')
      order.push(await focused(page))
      // A radio button is drawn by what stands beside it.
      const outline = await page.evaluate('getComputedStyle(document.activeElement.matches("input") ? document.activeElement.nextElementSibling : document.activeElement).outlineStyle')
      t.not(outline, 'none', `${order.at(-1)}: the focus is seen`)
    }
    t.match(order, ['Reload config', 'auto', /^Weight 1 of/, /^Drain/], 'in the order in which they stand')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.match(await focused(page), /^Drain/, 'the focus comes back')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    for (let i = 0; i < 10 && await focused(page) !== 'Drain'; i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await row(page, first).getByText('Draining').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.match(await focused(page), /^Ready/, 'and stays where the button has become another')
  })

  scene('in light and dark, as the system has it or as one likes', async t => {
    const world = await startWorld(t)
    const dark = await open(t, browser, world.address, { colorScheme: 'dark' })
    const background = async (page: Page): Promise<string> => await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const night = await background(dark)
    await dark.getByText('light', { exact: true }).click()
    const day = await background(dark)
    t.not(day, night)
    await dark.reload()
    await dark.getByText('Live', { exact: true }).waitFor()
    t.equal(await background(dark), day, 'the choice is remembered')
    await dark.getByText('dark', { exact: true }).click()
    t.equal(await background(dark), night)
    const light = await open(t, browser, world.address, { colorScheme: 'light' })
    t.equal(await background(light), day)
  })

  scene('fits any width', async t => {
    const world = await startWorld(t)
    const [first, second] = pair(world.backends)
    const page = await open(t, browser, world.address)
    traffic(t, world)
    await figure(page, 'Requests', /^[1-9]/).waitFor()
    await change(world, first, { state: 'drain' })
    await change(world, second, { state: 'maint' })
    await row(page, first).getByText('Draining').waitFor()
    await row(page, second).getByText('Maintenance').waitFor()
    for (const width of [320, 390, 768, 1100, 1200, 1400, 1600, 2400]) {
      await page.setViewportSize({ width, height: 844 })
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), width, `${width}: nothing to scroll sideways`)
      const outside = await page.evaluate('[...document.querySelectorAll("button")].filter(button => button.getBoundingClientRect().right > innerWidth).length')
      t.equal(outside, 0, `${width}: every button is in the window`)
      const cut = await page.evaluate('[...document.querySelectorAll(".badge")].filter(badge => badge.getBoundingClientRect().right > badge.closest("td").getBoundingClientRect().right).map(badge => badge.textContent)')
      t.strictSame(cut, [], `${width}: no badge is cut off`)
    }
  })
})

/** Milliseconds from the newest event to now, by the clock of the machine. */
async function sinceLast (page: Page): Promise<number> {
  const at = await page.locator('.events time').first().getAttribute('datetime')
  return Date.now() - Date.parse(at ?? '')
}

/** What the element that has the focus is called. */
async function focused (page: Page): Promise<string> {
  return String(await page.evaluate('document.activeElement.getAttribute("aria-label") ?? (document.activeElement.value || document.activeElement.textContent)'))
}

async function state ({ address }: World, { url }: { readonly url: string }): Promise<unknown> {
  const response = await fetch(`${address}/pools/api/targets/${encodeURIComponent(url)}`)
  // The API documents this.
  const target = await response.json() as { readonly state: string }
  return target.state
}
