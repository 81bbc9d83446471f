import fc, { type Arbitrary } from 'fast-check'
import type { Reading, Sample } from './reading.js'

/** A sample that is right by construction, and what has to be read from it. */
export interface Sound {
  readonly sample: Sample
  readonly expected: Omit<Reading, 'reason'>
}

interface Field { readonly name: string, readonly before: string, readonly value: string, readonly after: string }
interface Body { readonly text: string, readonly data: string, readonly fields: readonly Field[], readonly trailers: readonly Field[], readonly chunked: boolean, readonly untilClose: boolean }

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~09AZaz"
const token = fc.array(fc.constantFrom(...TOKEN_CHARACTERS), { minLength: 1, maxLength: 12 }).map(characters => characters.join(''))
const visible = fc.constantFrom('a', 'Z', '0', ',', ';', ':', '"', '\\', '=', '~', '!', '\x80', '\xa0', '\xff')
const inner = fc.oneof({ weight: 4, arbitrary: visible }, fc.constantFrom(' ', '\t'))
const space = fc.constantFrom('', ' ', ' ', '\t', ' \t ')
const value = fc.oneof(
  fc.constant(''),
  visible,
  fc.tuple(visible, fc.array(inner, { maxLength: 20 }), visible).map(([first, middle, last]) => first + middle.join('') + last)
)
const SPECIAL = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade', 'keep-alive', 'proxy-connection'])
const field: Arbitrary<Field> = fc.record({ name: token.filter(name => !SPECIAL.has(name.toLowerCase())), before: space, value, after: space })
const fields = fc.array(field, { maxLength: 5 })
const data = fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes).toString('latin1'))
const caseOf = (text: string): Arbitrary<string> => fc.constantFrom(text, text.toLowerCase(), text.toUpperCase())
const reason = fc.oneof(fc.constant(''), value.map(text => ` ${text}`))

const extension = fc.oneof(
  token.map(name => `;${name}`),
  fc.tuple(token, token).map(([name, value]) => `;${name}=${value}`),
  fc.tuple(token, fc.array(fc.constantFrom('a', ' ', '\t', ';', '\\"', '\\\\', '='), { maxLength: 6 })).map(([name, quoted]) => `;${name}="${quoted.join('')}"`)
)
const extensions = fc.array(extension, { maxLength: 2 }).map(all => all.join(''))

const sized: Arbitrary<Body> = fc.tuple(data, caseOf('Content-Length'), fc.nat({ max: 3 })).map(([data, name, zeros]) => ({
  text: data, data, fields: [plain(name, '0'.repeat(zeros) + String(data.length))], trailers: [], chunked: false, untilClose: false
}))
const chunk = fc.tuple(data.filter(data => data !== ''), fc.nat({ max: 3 }), extensions, fc.boolean()).map(([data, zeros, extensions, capitals]) => {
  const size = data.length.toString(16)
  return { data, text: `${'0'.repeat(zeros)}${capitals ? size.toUpperCase() : size}${extensions}\r\n${data}\r\n` }
})
const chunked: Arbitrary<Body> = fc.tuple(fc.array(chunk, { maxLength: 5 }), extensions, fields, caseOf('Transfer-Encoding'), caseOf('chunked')).map(([chunks, last, trailers, name, coding]) => ({
  text: `${chunks.map(({ text }) => text).join('')}0${last}\r\n${write(trailers)}\r\n`,
  data: chunks.map(({ data }) => data).join(''),
  fields: [plain(name, coding)],
  trailers,
  chunked: true,
  untilClose: false
}))
const untilClose: Arbitrary<Body> = data.map(data => ({ text: data, data, fields: [], trailers: [], chunked: false, untilClose: true }))

const persistence = fc.constantFrom('', 'close', 'keep-alive', 'x, Close', 'KEEP-ALIVE , x', 'closed', 'x')
const informational = fc.record({ status: fc.constantFrom(100, 102, 103, 199), reason, fields })

/** Responses that every parser has to take, with what they say. */
export const sound: Arbitrary<Sound> = fc.record({
  interim: fc.array(informational, { maxLength: 2 }),
  minor: fc.constantFrom(0, 1, 1, 1),
  status: fc.oneof(fc.constantFrom(200, 204, 304, 205, 404), fc.integer({ min: 200, max: 999 })),
  reason,
  first: fields,
  body: fc.oneof(sized, chunked, untilClose),
  second: fields,
  persistence,
  method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD'),
  rest: fc.constantFrom('', '', 'HTTP/1.1', '\r\n'),
  close: fc.boolean()
}).filter(({ minor, body }) => minor === 1 || !body.chunked).map(({ interim, minor, status, reason, first, body, second, persistence, method, rest, close }) => {
  const bodiless = method === 'HEAD' || status === 204 || status === 304
  const own = [...first, ...body.fields, ...(persistence === '' ? [] : [plain('Connection', persistence)]), ...second]
  const head = `HTTP/1.${minor} ${status}${reason}\r\n${write(own)}\r\n`
  const before = interim.map(({ status, reason, fields }) => `HTTP/1.1 ${status}${reason}\r\n${write(fields)}\r\n`).join('')
  const endless = body.untilClose && !bodiless
  const tail = endless ? body.text : (bodiless ? '' : body.text) + rest
  return {
    sample: { bytes: Buffer.from(before + head + tail, 'latin1'), method, upgrade: false, close },
    expected: {
      outcome: endless && !close ? 'partial' : 'complete',
      informational: interim.map(({ status, fields }) => ({ status, headers: read(fields) })),
      status,
      headers: read(own),
      body: bodiless ? '' : body.data,
      trailers: bodiless ? [] : read(body.trailers),
      persistent: !endless && !/\bclose\b/i.test(persistence) && (minor === 1 || /keep-alive/i.test(persistence)),
      rest: endless ? '' : rest
    }
  }
})

/** Sound responses with a few of their bytes replaced, each by something that means something elsewhere. */
export const tainted: Arbitrary<Sample> = fc.tuple(
  sound,
  fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', ':', ';', ',', '"', '\\', '=', '0', '1', 'f', 'g', '\0', '\x7f', '\xff')), { minLength: 1, maxLength: 3 }),
  fc.boolean()
).map(([{ sample }, changes, upgrade]) => {
  const text = changes.reduce((text, [at, length, by]) => {
    const start = at % (text.length + 1)
    return text.slice(0, start) + by + text.slice(start + length)
  }, sample.bytes.toString('latin1'))
  return { ...sample, upgrade, bytes: Buffer.from(text, 'latin1') }
})

function plain (name: string, value: string): Field {
  return { name, before: ' ', value, after: '' }
}

function write (fields: readonly Field[]): string {
  return fields.map(({ name, before, value, after }) => `${name}:${before}${value}${after}\r\n`).join('')
}

function read (fields: readonly Field[]): string[] {
  return fields.flatMap(({ name, value }) => [name, value])
}
