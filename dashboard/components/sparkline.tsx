import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { colour } from '../theme.js'

interface SparklineProps {
  /** Oldest first; null = a gap. */
  readonly values: ReadonlyArray<number | null>
  /** What is shown, for those who do not see it. */
  readonly label: string
  readonly height?: number
  /** Custom property of its colour. */
  readonly stroke?: string
  /** What the scale reaches at least. */
  readonly least?: number
}

/** Seconds that fit in. */
const LENGTH = 60

/** The last minute of something, without axes. */
export function Sparkline ({ values, label, height = 28, stroke = '--accent', least = 0 }: SparklineProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)
  useEffect(() => {
    if (place.current === null) return
    const made = plot.current = new UPlot(options(height, stroke, least), dataOf([]), place.current)
    const fit = new ResizeObserver(([entry]) => { made.setSize({ width: Math.floor(entry?.contentRect.width ?? 0), height }) })
    fit.observe(place.current)
    return () => {
      fit.disconnect()
      made.destroy()
    }
  }, [])
  useEffect(() => { plot.current?.setData(dataOf(values)) }, [values])
  return <div class='spark' role='img' aria-label={label} ref={place} />
}

function options (height: number, stroke: string, least: number): UPlot.Options {
  return {
    width: 10,
    height,
    pxAlign: false,
    padding: [3, 2, 2, 2],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false, range: [0, LENGTH - 1] }, y: { range: (_plot, _low, high) => [0, Math.max(high, least) || 1] } },
    series: [{}, { stroke: () => colour(`var(${stroke})`), fill: () => colour(`color-mix(in srgb, var(${stroke}) 14%, transparent)`), width: 1.5, points: { show: false } }]
  }
}

/** The newest at the right end, even while there are few. */
function dataOf (values: ReadonlyArray<number | null>): UPlot.AlignedData {
  const shown = values.slice(-LENGTH)
  return [Array.from({ length: LENGTH }, (_, index) => index), [...Array.from({ length: LENGTH - shown.length }, () => null), ...shown]]
}
