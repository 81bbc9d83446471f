/** One family of Prometheus' text format. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: ReadonlyArray<{ readonly name: string, readonly labels: Readonly<Record<string, string>>, readonly value: number }>
}

const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,|$))*$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN|\+Inf)$/i

/**
 * Reads the text format 0.0.4 strictly: every family has its help and its type, in this order, before its samples; they stand together; no series
 * comes twice; names and endings are those that Prometheus' own linter asks for.
 * @throws {Error} on the first fault.
 */
export function parseExposition (text: string): readonly Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { name: string, help: string, type: string, samples: Array<Family['samples'][number]> }>()
  let family: { name: string, help: string, type: string, samples: Array<Family['samples'][number]> } | null = null
  const series = new Set<string>()
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.+)$/.exec(line)
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    if (line === '') continue
    if (help !== null) {
      const [, name = '', words = ''] = help
      if (families.has(name)) throw new Error(`${name} comes twice`)
      family = { name, help: words, type: '', samples: [] }
      families.set(name, family)
    } else if (type !== null) {
      if (family?.name !== type[1] || family?.type !== '') throw new Error(`the type of ${type[1]} is out of place`)
      family.type = type[2] ?? ''
    } else {
      const sample = readSample(line)
      if (family === null || family.type === '' || !belongs(family, sample)) throw new Error(`out of place: ${line}`)
      const id = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (series.has(id)) throw new Error(`twice: ${line}`)
      series.add(id)
      family.samples.push(sample)
    }
  }
  for (const family of families.values()) lint(family)
  return [...families.values()]
}

function readSample (line: string): Family['samples'][number] {
  const match = SAMPLE.exec(line)
  if (match === null) throw new Error(`no sample: ${line}`)
  const [, name = '', text = '', value = ''] = match
  if (!LABELS.test(text)) throw new Error(`bad labels: ${line}`)
  const labels: Record<string, string> = {}
  for (const [, key = '', escaped = ''] of text.matchAll(LABEL)) {
    if (key in labels) throw new Error(`a label comes twice: ${line}`)
    labels[key] = escaped.replace(/\\(.)/g, (_, letter: string) => letter === 'n' ? '\n' : letter)
  }
  return { name, labels, value: value.endsWith('Inf') ? (value.startsWith('-') ? -Infinity : Infinity) : Number(value) }
}

function belongs (family: { readonly name: string, readonly type: string }, sample: Family['samples'][number]): boolean {
  const ending = sample.name.startsWith(family.name) ? sample.name.slice(family.name.length) : 'foreign'
  const { labels } = sample
  switch (family.type) {
    case 'histogram': return ending === '_bucket' ? 'le' in labels : (ending === '_sum' || ending === '_count') && !('le' in labels)
    case 'summary': return ending === '' ? 'quantile' in labels : (ending === '_sum' || ending === '_count') && !('quantile' in labels)
    default: return ending === '' && !('le' in labels) && !('quantile' in labels)
  }
}

/** What `promtool check metrics` complains of. */
function lint ({ name, type, samples }: Family): void {
  if (type === '') throw new Error(`${name} has no type`)
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name}: counters end with _total, and nothing else does`)
  if (/_(?:ms|milliseconds|minutes|hours|kb|mb|kilobytes|percent)(?:_|$)/.test(name)) throw new Error(`${name}: not a base unit`)
  if (/counter|gauge|histogram|summary/.test(name)) throw new Error(`${name} names its type`)
  if (type !== 'histogram' && /_(?:bucket|count|sum)$/.test(name)) throw new Error(`${name}: a reserved ending`)
  for (const { value } of samples) if (type === 'counter' && !(value >= 0)) throw new Error(`${name}: a counter of ${value}`)
  if (type === 'histogram') lintBuckets(name, samples)
}

/** Every series has buckets that grow, a last one without bound, and that is its count. */
function lintBuckets (name: string, samples: Family['samples']): void {
  const byLabels = new Map<string, Array<readonly [number, number]>>()
  const idOf = ({ le: _le, ...others }: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(others).sort())
  for (const { name: full, labels, value } of samples) {
    if (full !== `${name}_bucket`) continue
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
    byLabels.set(idOf(labels), [...byLabels.get(idOf(labels)) ?? [], [bound, value]])
  }
  for (const { name: full, labels, value } of samples) {
    if (full !== `${name}_count`) continue
    const buckets = byLabels.get(idOf(labels)) ?? []
    if (buckets.at(-1)?.[0] !== Infinity || buckets.at(-1)?.[1] !== value) throw new Error(`${name}: the last bucket is not all there are`)
    for (const [i, [bound, count]] of buckets.entries()) {
      const before = buckets[i - 1]
      if (Number.isNaN(bound) || (before !== undefined && (bound <= before[0] || count < before[1]))) throw new Error(`${name}: buckets out of order`)
    }
  }
}
