import t from 'tap'
import { failureCodes } from '../../src/base/errors.js'
import { failures } from '../../src/proxy/failure.js'
import { failureProblem, problem, type Problem } from '../../src/proxy/problem.js'

/** The error types that RFC 9209 registers, as far as a proxy may say them here. */
const REGISTERED = new Set([
  'dns_timeout', 'dns_error', 'destination_not_found', 'destination_unavailable', 'destination_ip_prohibited', 'destination_ip_unroutable',
  'connection_refused', 'connection_terminated', 'connection_timeout', 'connection_read_timeout', 'connection_write_timeout', 'connection_limit_reached',
  'tls_protocol_error', 'tls_certificate_error', 'tls_alert_received', 'http_request_error', 'http_request_denied', 'http_response_incomplete',
  'http_response_header_section_size', 'http_response_header_size', 'http_response_body_size', 'http_response_trailer_section_size', 'http_response_trailer_size',
  'http_response_transfer_coding', 'http_response_content_coding', 'http_response_timeout', 'http_upgrade_failed', 'http_protocol_error',
  'proxy_internal_response', 'proxy_internal_error', 'proxy_configuration_error', 'proxy_loop_detected'
])

function field ({ headers }: Problem, name: string): string | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
  return at === -1 ? undefined : headers[at + 1]
}

t.test('RFC 9457: problem details that say what the status says', async t => {
  for (const code of failureCodes) {
    const answer = failureProblem(code, 'id-1')
    const { status, title } = failures[code]
    t.equal(answer.status, status)
    t.strictSame(JSON.parse(answer.body), { type: 'about:blank', title, status, code, requestId: 'id-1' }, code)
    t.equal(field(answer, 'content-type'), 'application/problem+json')
    t.equal(field(answer, 'content-length'), String(Buffer.byteLength(answer.body)))
    t.equal(field(answer, 'cache-control'), 'no-store')
    t.equal(field(answer, 'x-request-id'), 'id-1')
    t.equal(answer.headers.length % 2, 0)
  }
})

t.test('RFC 9209: Proxy-Status names a registered error type', async t => {
  for (const code of failureCodes) {
    const status = field(failureProblem(code, ''), 'proxy-status') ?? ''
    const error = /^headrace; error=([a-z_]+)$/.exec(status)?.[1] ?? ''
    t.ok(REGISTERED.has(error), `${code}: ${status}`)
    if (REGISTERED.has(code)) t.equal(error, code)
  }
})

t.test('a 503 says when to come again, nothing else does', async t => {
  for (const code of failureCodes) t.equal(field(failureProblem(code, ''), 'retry-after'), failures[code].status === 503 ? '1' : undefined, code)
})

t.test('never an address: an answer is made of a code and a request id, and of nothing that an error says', async t => {
  for (const code of failureCodes) {
    const { headers, body } = failureProblem(code, 'id')
    t.notMatch(`${headers.join('\n')}\n${body}`, /\d+\.\d+\.\d+|localhost|https?:|10\./, code)
  }
})

t.test('without a request id none is said', async t => {
  const answer = problem(404, 'No route matches', 'no_route', '')
  t.strictSame(JSON.parse(answer.body), { type: 'about:blank', title: 'No route matches', status: 404, code: 'no_route' })
  t.equal(field(answer, 'x-request-id'), undefined)
})

t.test('a request id of any visible characters is safe in JSON and in the field', async t => {
  const id = '"\\</script>{}~!'
  const answer = problem(405, 'x', 'method_not_allowed', id, ['Allow', 'GET'])
  // JSON.parse of what the proxy wrote.
  t.equal((JSON.parse(answer.body) as { requestId: unknown }).requestId, id)
  t.equal(field(answer, 'x-request-id'), id)
  t.equal(field(answer, 'allow'), 'GET')
})
