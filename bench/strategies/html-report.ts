import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { root } from '../root.js'
import type { Column } from '../table.js'
import { CURVE } from './run.js'
import type { ScenarioReport } from './scenario-report.js'
import { columns, rows } from './scenario-table.js'

/** What all scenarios have in common. */
export interface ReportHead {
  /** When, in ISO 8601. */
  readonly at: string
  /** Seconds of each run. */
  readonly duration: number
  readonly rounds: number
  readonly seed: number
  /** On what it ran, in one line. */
  readonly machine: string
}

const PAGE = join(root, 'bench', 'strategies', 'page')
const UPLOT = dirname(createRequire(import.meta.url).resolve('uplot/package.json'))

/** A page with tables and charts that stands by itself: script, styles and numbers are in it, and it may not load anything. */
export function htmlReport (head: ReportHead, reports: readonly ScenarioReport[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>headrace bench: which strategy?</title>
<link rel="icon" href="data:,">
<style>
${text(join(UPLOT, 'dist', 'uPlot.min.css'))}
${text(join(PAGE, 'page.css'))}
</style>
</head>
<body>
<header>
<h1>Which strategy?</h1>
<p>${escape(head.machine)}; ${head.rounds === 1 ? '1 round' : `${head.rounds} rounds`} of ${head.duration} s per strategy, seed ${head.seed}; ${escape(head.at.slice(0, 16).replace('T', ' '))} UTC.
Load generator, proxy and backends share these cores: compare the strategies with each other, not with other machines.</p>
${contents(reports)}
</header>
<main>
${reports.map(section).join('\n')}
</main>
<footer>
<p>Latencies are those of answers with a 2xx status; in an open loop they count from the moment at which the request was due. Errors: answers other than 2xx; connections
refused or reset; requests nobody answered; 10 s without an answer. Fairness: Jain's index of the shares relative to the weights, 1 = as the weights say. Keys stay: answers from the target that
their key got most of its answers from.
${head.rounds === 1 ? '' : 'The middle one of the rounds is shown; ± is half the distance of the outermost ones. '}Charts: uPlot (MIT licence).</p>
</footer>
<script type="application/json" id="data">${data(reports)}</script>
<script>${script(text(join(UPLOT, 'dist', 'uPlot.iife.min.js')))}</script>
<script>${script(text(join(PAGE, 'page.js')))}</script>
</body>
</html>
`
}

function contents (reports: readonly ScenarioReport[]): string {
  const items = reports.map(({ name, verdict }) => `<li><a href="#${escape(name)}">${escape(name)}</a> ${escape(verdict.text)}</li>`)
  return `<nav aria-label="Scenarios"><ul>\n${items.join('\n')}\n</ul></nav>`
}

function section ({ name, title, load, targets, events, summaries, verdict, processors, keys }: ScenarioReport, index: number): string {
  const strategies = summaries.map(summary => summary.strategy)
  const heads = columns(keys)
  const about = [load, targets, events, processors].filter(line => line !== '').map(line => `<li>${escape(line)}</li>`)
  return `<section id="${escape(name)}" data-scenario="${index}">
<h2>${escape(name)}</h2>
<p>${escape(title)}</p>
<ul class="about">${about.join('')}</ul>
<p class="verdict">${escape(verdict.text)}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of ${escape(name)}"><table>
<thead><tr>${heads.map(column => `<th scope="col" class="${column.align}">${escape(column.heading)}</th>`).join('')}</tr></thead>
<tbody>
${rows(summaries, keys).map(cells => row(cells, heads)).join('\n')}
</tbody>
</table></div>
<figure><figcaption>Latency by percentile, ms</figcaption><div class="chart" data-chart="percentiles"></div></figure>
<div class="panels">
${panel(name, strategies, verdict.best, 'first')}
${panel(name, strategies, strategies.find(strategy => strategy !== verdict.best) ?? verdict.best, 'second')}
</div>
</section>`
}

function row (cells: readonly string[], heads: readonly Column[]): string {
  return `<tr>${cells.map((cell, index) => index === 0 ? `<th scope="row">${escape(cell)}</th>` : `<td class="${heads[index]?.align ?? 'left'}">${escape(cell)}</td>`).join('')}</tr>`
}

/** Two strategies are looked at side by side. */
function panel (scenario: string, strategies: readonly string[], chosen: string, which: string): string {
  const options = strategies.map(name => `<option${name === chosen ? ' selected' : ''}>${escape(name)}</option>`)
  return `<div class="panel">
<label>Strategy <select aria-label="${which} strategy of ${escape(scenario)}">${options.join('')}</select></label>
<figure><figcaption>In flight by target</figcaption><div class="chart" data-chart="inflight"></div></figure>
<figure><figcaption>Share of the answers by target, %</figcaption><div class="chart" data-chart="share"></div></figure>
</div>`
}

/** What the charts are drawn from; a number that is none is null. */
function data (reports: readonly ScenarioReport[]): string {
  const scenarios = reports.map(({ summaries }) => ({
    strategies: summaries.map(({ strategy, curve, timeline }) => ({ name: strategy, curve: curve.map(value => Math.round(value * 100) / 100), timeline }))
  }))
  // Nothing in a script element may look like its end, or like a comment.
  return JSON.stringify({ percentiles: CURVE, scenarios }).replaceAll('<', '\\u003c')
}

/** The same for a script of ours or of the library; neither has such text outside of strings. */
function script (source: string): string {
  return source.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
}

function escape (value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function text (file: string): string {
  return readFileSync(file, 'utf8')
}
