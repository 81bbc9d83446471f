import { Type, type Static, type TObject, type TProperties, type TString } from '../base/type.js'

function object<T extends TProperties> (properties: T, description: string): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, description })
}

/** Of what `parseDuration` reads only what is of use here: a million seconds, a week in minutes. */
const DURATION = '(?:[0-9]{1,6}(?:\\.[0-9]{1,3})?m?s|[0-9]{1,4}(?:\\.[0-9]{1,3})?m)$'

/** @param zero may it be zero? */
function duration (description: string, zero = false): TString {
  return Type.String({ pattern: zero ? `^${DURATION}` : `^(?=[0-9.]*[1-9])${DURATION}`, description })
}

/** What a service time may be, for people. */
export const SERVICE_TIMES = 'a duration such as "10ms", or an object with "distribution" ("log-normal": "median", "sigma"; "pareto": "minimum", "alpha", "maximum"; "exponential": "mean")'

const serviceTime = Type.Union([
  duration('Always the same.', true),
  object({
    distribution: Type.Literal('log-normal'),
    median: duration('Half of the requests take less.'),
    sigma: Type.Number({ exclusiveMinimum: 0, maximum: 5, description: 'Standard deviation of the logarithm.' })
  }, 'Many quick ones and a tail of slow ones, as most services have.'),
  object({
    distribution: Type.Literal('pareto'),
    minimum: duration('Nothing takes less.'),
    alpha: Type.Number({ exclusiveMinimum: 0, maximum: 100, description: 'The smaller, the heavier the tail.' }),
    maximum: duration('What would take longer takes this.')
  }, 'A few take a very long time.'),
  object({ distribution: Type.Literal('exponential'), mean: duration('The average.') }, 'Without memory: what queueing theory counts with.')
], { description: `How long the work on a request takes: ${SERVICE_TIMES}.` })

const target = object({
  serviceTime,
  weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1, description: 'Share of the traffic that it is to have.' })),
  concurrency: Type.Optional(Type.Integer({
    minimum: 0, maximum: 10_000, default: 0, description: 'Requests worked on at once; the others wait in the target, first come first served. 0 = no limit.'
  })),
  slowdown: Type.Optional(Type.Number({ minimum: 0.01, maximum: 1000, default: 1, description: 'Factor on the service time.' })),
  failures: Type.Optional(object({
    share: Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Of the requests.' }),
    after: duration('From the start of the work to the answer.', true),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'What it answers.' })
  }, 'Requests that it fails. Default: none.')),
  pauses: Type.Optional(object({
    every: duration('From the begin of one pause to that of the next, on average.'),
    length: duration('Of each.')
  }, 'Nothing moves in the target meanwhile, as in a garbage collection. Default: none.')),
  cold: Type.Optional(object({
    for: duration('From the start of its process.'),
    slowdown: Type.Number({ minimum: 1, maximum: 1000, description: 'Factor on the service time at the start; it falls evenly to 1.' })
  }, 'Slow at first: caches are empty, code is not compiled. Default: no.')),
  busy: Type.Optional(Type.Number({ minimum: 0, maximum: 0.95, default: 0, description: 'Share of its processor time that other work takes, in slices of 20 ms.' })),
  absent: Type.Optional(Type.Boolean({ default: false, description: 'Neither running nor in the pool until it joins.' }))
}, 'One backend.')

const load = object({
  rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 10_000_000, description: 'Requests per second, which come at random and do not wait for each other. Default: as fast as connections allow.' })),
  connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'Clients, each with one request at a time. Default: as the caller says.' })),
  bursts: Type.Optional(object({
    every: duration('From the begin of one burst to that of the next.'),
    length: duration('Of each.'),
    factor: Type.Number({ minimum: 1, maximum: 1000, description: 'On the rate.' })
  }, 'Times of more load. Default: none.')),
  keys: Type.Optional(object({
    count: Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'Different ones.' }),
    skew: Type.Number({ minimum: 0, maximum: 10, description: 'Exponent of Zipf\'s law; 0 = all equally often.' })
  }, 'What requests carry in x-key. Default: none.'))
}, 'What the clients do. Default: as fast as connections allow.')

const event = object({
  at: Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'When, as a share of the run.' }),
  action: Type.Enum(['kill', 'restart', 'join', 'leave', 'slow', 'fail', 'heal']),
  target: Type.Integer({ minimum: 1, description: 'Which one, counted from 1.' }),
  factor: Type.Optional(Type.Number({ minimum: 0.01, maximum: 1000, description: 'Of "slow": the new factor on the service time, in place of "slowdown".' })),
  over: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'Of "slow": the share of the run in which it is reached, evenly.' }))
}, 'Something that happens to a target.')

/** A scenario file. What it can not say is checked by `parseScenario`. */
export const scenarioSchema = object({
  title: Type.String({ minLength: 1, maxLength: 200, description: 'One line.' }),
  load: Type.Optional(load),
  targets: Type.Array(target, { minItems: 1, maxItems: 100_000 }),
  events: Type.Optional(Type.Array(event, { maxItems: 100_000 })),
  pool: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'Options of the pool beside strategy and targets, as the proxy\'s config takes them.' }))
}, 'What load there is, what targets stand behind the proxy, and what befalls them.')

/** A scenario file as it is written. */
export type ScenarioInput = Static<typeof scenarioSchema>
export type TargetInput = ScenarioInput['targets'][number]
export type LoadInput = NonNullable<ScenarioInput['load']>
export type EventInput = NonNullable<ScenarioInput['events']>[number]
