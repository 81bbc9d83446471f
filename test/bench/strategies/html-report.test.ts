import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { parseScenario } from '../../../src/simulation/scenario.js'
import { htmlReport } from '../../../bench/strategies/html-report.js'
import { reportScenario } from '../../../bench/strategies/scenario-report.js'
import { startChromium } from '../../fixtures/chromium.js'
import { fakeRun } from './fake-summary.js'

const NAUGHTY = '</script><script>document.title = "broken"</script> & <b>'

function report (title = 'one dies'): string {
  const reports = ['crash', 'equal'].map(name => {
    const scenario = parseScenario(name, JSON.stringify({ title, targets: [{ serviceTime: '10ms' }, { serviceTime: '10ms' }] }))
    const runs = ['round-robin', 'peak-ewma', NAUGHTY].map((strategy, index) => fakeRun({ strategy, p99: 200 / (index + 1), requestsPerSecond: 100 * (index + 1) }))
    // A strategy that nobody answered has no latencies.
    runs.push(fakeRun({ strategy: 'unlucky', completed: 0, p50: Number.NaN, p99: Number.NaN, curve: fakeRun().curve.map(() => Number.NaN), served: [0, 0] }))
    return reportScenario(scenario, runs, { duration: 5, connections: 50 })
  })
  return htmlReport({ at: '2026-01-02T03:04:05.678Z', duration: 5, rounds: 1, seed: 1, machine: '2 cores (NAME), Node v20' }, reports)
}

interface Opened {
  readonly page: Page
  /** What went wrong in the page, and what it asked for beside itself. */
  readonly complaints: string[]
}

async function open (t: Test, browser: Browser, html: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
  const file = join(t.testdir(), 'report.html')
  writeFileSync(file, html)
  const url = pathToFileURL(file).href
  const page = await browser.newPage(options)
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
  page.on('pageerror', error => { complaints.push(error.message) })
  page.on('request', request => { if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(request.url()) })
  await page.goto(url)
  return { page, complaints }
}

/** Of each chart, how many pixels are painted in a colour: text and lines of the grid are grey. */
async function colours (page: Page): Promise<number[]> {
  // A string: it runs in the page, and this file is not compiled for one.
  return await page.evaluate(`[...document.querySelectorAll('canvas')].map(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 128 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) count++
    return count
  })`)
}

t.test('the report in a browser', async t => {
  const browser = await startChromium(t)

  t.test('every chart has lines in it, and nothing is asked of the network', async t => {
    const { page, complaints } = await open(t, browser, report())
    const painted = await colours(page)
    t.equal(painted.length, 2 * (1 + 2 * 2), 'in each scenario one of percentiles and four of targets')
    t.ok(painted.every(count => count > 100), painted.join(', '))
    t.strictSame(complaints, [])
  })

  t.test('tables, verdicts and the machine are there as text', async t => {
    const { page, complaints } = await open(t, browser, report())
    t.strictSame(await page.locator('#crash tbody tr').first().locator('th, td').allInnerTexts(), ['round-robin', '100', '12.0', '20.0', '200', '90.0', '0', '50 / 50', '1.00', '8 / 9'])
    t.equal(await page.locator('#crash .verdict').innerText(), 'unlucky: 500 requests/s against 100 requests/s for round-robin')
    t.match(await page.locator('header').innerText(), '2 cores (NAME), Node v20; 1 round of 5 s per strategy, seed 1; 2026-01-02 03:04 UTC.')
    t.strictSame(complaints, [])
  })

  t.test('names are text, whatever stands in them', async t => {
    const { page, complaints } = await open(t, browser, report(NAUGHTY))
    t.equal(await page.title(), 'headrace bench: which strategy?')
    t.equal(await page.locator('#crash > p').first().innerText(), NAUGHTY)
    t.equal((await colours(page)).length, 10)
    t.strictSame(complaints, [])
  })

  t.test('another strategy can be looked at', async t => {
    const { page, complaints } = await open(t, browser, report())
    const before = await colours(page)
    await page.locator('#crash select').first().selectOption('round-robin')
    t.not((await colours(page))[1], 0)
    await page.locator('#crash select').first().selectOption('unlucky')
    t.equal((await colours(page)).length, before.length, 'no chart is left behind')
    t.strictSame(complaints, [])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`on a phone nothing is wider than the screen (${colorScheme})`, async t => {
      const { page, complaints } = await open(t, browser, report(), { viewport: { width: 360, height: 740 }, colorScheme })
      t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
      t.ok((await colours(page)).every(count => count > 50))
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      t.equal(ground, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(13, 17, 23)')
      t.strictSame(complaints, [])
    })
  }

  t.test('the charts follow the colours of the system', async t => {
    const { page, complaints } = await open(t, browser, report(), { colorScheme: 'light' })
    const before = await page.evaluate('document.querySelector("canvas").toDataURL()')
    await page.emulateMedia({ colorScheme: 'dark' })
    // They are drawn when the page hears of it, which may be later.
    await page.waitForFunction(`document.querySelectorAll("canvas").length === 10 && document.querySelector("canvas").toDataURL() !== ${JSON.stringify(before)}`)
    t.not(await page.evaluate('document.querySelector("canvas").toDataURL()'), before)
    t.strictSame(complaints, [])
  })
})

t.test('the page may load nothing, and holds the library', async t => {
  const html = report()
  t.match(html, "content=\"default-src 'none';")
  t.match(html, 'uPlot (v1.')
  t.notMatch(html, /<(link|img|script)[^>]+(src|href)="http/)
})
