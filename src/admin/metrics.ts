import { Gauge, Registry, type MetricType } from 'prom-client'
import { afterReading } from '../base/event-loop.js'
import type { Metric, Sample } from './metric.js'
import { poolMetrics } from './pool-metrics.js'
import { processMetrics } from './process-metrics.js'
import { routeMetrics } from './route-metrics.js'
import type { Snapshot } from './snapshot.js'
import { targetMetrics } from './target-metrics.js'

/** All there are, in the order in which they are written. docs/metrics.md is this list; a test holds them together. */
export const allMetrics: readonly Metric[] = [...processMetrics, ...routeMetrics, ...poolMetrics, ...targetMetrics]

/** Writes snapshots as Prometheus reads them: nothing is kept between two scrapes, so what has left the config is gone. */
export const metricsWriter = {
  contentType: Registry.PROMETHEUS_CONTENT_TYPE,

  /** A part of one metric in a turn of the event loop: with thousands of targets all of them take a second, in which requests would stand still. */
  async write (snapshot: Snapshot): Promise<string> {
    const texts: string[] = []
    for (const metric of allMetrics) {
      let begun = false
      for (const part of parts(metric.samples(snapshot))) {
        const registry = new Registry()
        registry.registerMetric(new Collected(metric, part))
        const text = await registry.metrics()
        texts.push(begun ? withoutHead(text) : text)
        begun = true
        await new Promise<void>(resolve => { afterReading(resolve, undefined) })
      }
    }
    return texts.join('')
  }
}

/** Samples that are written in one turn: some milliseconds. */
const PART = 500

/** In parts that are not too large; one that is empty if there are none at all. */
function * parts (samples: Iterable<Sample>): Generator<readonly Sample[]> {
  let part: Sample[] = []
  let any = false
  for (const sample of samples) {
    part.push(sample)
    if (part.length < PART) continue
    yield part
    part = []
    any = true
  }
  if (part.length > 0 || !any) yield part
}

/** Help and type come once. */
function withoutHead (text: string): string {
  return text.slice(text.indexOf('\n', text.indexOf('\n# TYPE') + 1) + 1)
}

/** A metric whose values are looked up rather than counted. Of what it extends only the name, the help and the place in a registry are used. */
class Collected extends Gauge {
  readonly #metric: Metric
  readonly #samples: readonly Sample[]

  constructor (metric: Metric, samples: readonly Sample[]) {
    super({ name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [] })
    this.#metric = metric
    this.#samples = samples
  }

  override async get () {
    const { name, type } = this.#metric
    const values = this.#samples.map(({ labels, value, suffix = '' }) => ({ metricName: name + suffix, labels, value }))
    // Declared as an enumeration of numbers, it is a word in fact, and written into the text as it is.
    return { ...await super.get(), type: type as unknown as MetricType, values }
  }
}
