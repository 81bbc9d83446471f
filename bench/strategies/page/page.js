/* global uPlot, document, matchMedia, getComputedStyle, ResizeObserver */

// Draws the charts of a report (see ../html-report.ts): one of all strategies by percentile in each scenario, and beneath it two
// strategies side by side, target by target over the time of a run. Runs in the browser as it is.
(() => {
  const { percentiles, scenarios } = JSON.parse(document.getElementById('data').textContent)
  const dark = matchMedia('(prefers-color-scheme: dark)')
  /** Colours that are told apart by most eyes, and on both grounds; the dashes do it for the others. */
  const COLOURS = {
    light: ['#0969da', '#c2410c', '#15803d', '#a21caf', '#b45309', '#0e7490', '#be123c', '#4d7c0f', '#6d28d9', '#57534e'],
    dark: ['#58a6ff', '#fb923c', '#4ade80', '#e879f9', '#fbbf24', '#22d3ee', '#fb7185', '#a3e635', '#a78bfa', '#d6d3d1']
  }
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]]
  /** Where the axis of percentiles has its marks. */
  const MARKS = [50, 90, 99, 99.9, 99.99]
  const charts = new Map()

  /** Each further nine of a percentile is as far from the one before. */
  const nines = percentile => -Math.log10(1 - percentile / 100)

  function series (label, index) {
    const { light, dark: onDark } = COLOURS
    const colours = dark.matches ? onDark : light
    return {
      label,
      stroke: colours[index % colours.length],
      width: 2,
      dash: DASHES[Math.floor(index / 3) % DASHES.length],
      points: { show: false },
      spanGaps: true,
      value: (_chart, value) => value === null || value === undefined ? '-' : String(Math.round(value * 10) / 10)
    }
  }

  function axis (options) {
    const style = getComputedStyle(document.documentElement)
    const line = { stroke: style.getPropertyValue('--line'), width: 1 }
    return { stroke: style.getPropertyValue('--quiet'), grid: line, ticks: line, font: '12px system-ui, sans-serif', ...options }
  }

  /** Draws anew into a place. */
  function draw (place, options, data) {
    charts.get(place)?.destroy()
    charts.set(place, new uPlot({ ...size(place), legend: { live: true }, cursor: { drag: { x: false, y: false } }, ...options }, data, place)) // eslint-disable-line new-cap
  }

  function size (place) {
    const width = Math.max(200, place.clientWidth)
    return { width, height: Math.round(Math.min(320, Math.max(200, width * 0.45))) }
  }

  function drawPercentiles (place, { strategies }) {
    const x = percentiles.map(nines)
    draw(place, {
      scales: { x: { time: false, range: [0, x[x.length - 1]] }, y: { distr: 3, log: 10 } },
      axes: [
        axis({ splits: () => MARKS.map(nines), values: () => MARKS.map(mark => `p${mark}`) }),
        axis({ size: 56, values: (_chart, marks) => marks.map(mark => /^[125]0*$|^0\.0*[125]$/.test(String(mark)) ? String(mark) : '') })
      ],
      series: [{ label: 'percentile', value: (_chart, value) => value === null ? '-' : `p${Math.round((1 - 10 ** -value) * 1e4) / 100}` }, ...strategies.map(({ name }, index) => series(name, index))]
    }, [x, ...strategies.map(({ curve }) => curve.map(value => value === null || value <= 0 ? null : value))])
  }

  /** @param lines one list of points for each target. @param most the top of the scale, the same for all strategies. */
  function drawLines (place, step, lines, most) {
    const x = lines[0].map((_, index) => (index + 0.5) * step / 1000)
    draw(place, {
      scales: { x: { time: false, range: [0, lines[0].length * step / 1000] }, y: { range: [0, most] } },
      axes: [axis({ values: (_chart, marks) => marks.map(mark => `${mark} s`) }), axis({ size: 48 })],
      series: [{ label: 'time', value: (_chart, value) => value === null ? '-' : `${Math.round(value * 10) / 10} s` }, ...lines.map((_, index) => series(`target ${index + 1}`, index))]
    }, [x, ...lines])
  }

  /** Of the answers of each step, in percent. */
  function shares (targets) {
    const totals = targets[0].served.map((_, point) => targets.reduce((sum, target) => sum + target.served[point], 0))
    return targets.map(target => target.served.map((served, point) => totals[point] === 0 ? null : served * 100 / totals[point]))
  }

  function drawPanel (panel, { strategies }) {
    const { step, targets } = strategies.find(({ name }) => name === panel.querySelector('select').value).timeline
    const most = Math.max(1, ...strategies.flatMap(({ timeline }) => timeline.targets.flatMap(target => target.inflight)))
    drawLines(panel.querySelector('[data-chart=inflight]'), step, targets.map(target => target.inflight), most * 1.05)
    drawLines(panel.querySelector('[data-chart=share]'), step, shares(targets), 100)
  }

  function drawSection (section) {
    const scenario = scenarios[Number(section.dataset.scenario)]
    drawPercentiles(section.querySelector('[data-chart=percentiles]'), scenario)
    for (const panel of section.querySelectorAll('.panel')) drawPanel(panel, scenario)
  }

  const sections = [...document.querySelectorAll('[data-scenario]')]
  const drawAll = () => { for (const section of sections) drawSection(section) }
  drawAll()
  dark.addEventListener('change', drawAll)
  for (const section of sections) {
    for (const panel of section.querySelectorAll('.panel')) {
      panel.querySelector('select').addEventListener('change', () => { drawPanel(panel, scenarios[Number(section.dataset.scenario)]) })
    }
  }
  const resized = new ResizeObserver(entries => {
    for (const { target } of entries) {
      const chart = charts.get(target)
      if (chart !== undefined && chart.width !== size(target).width) chart.setSize(size(target))
    }
  })
  for (const place of document.querySelectorAll('.chart')) resized.observe(place)
})()
