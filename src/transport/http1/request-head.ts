import { ProxyError } from '../../base/errors.js'
import type { BodySource, RawHeaders, RequestHead } from '../transport.js'
import { isFieldValue, isRequestTarget, isToken } from './characters.js'

/**
 * A request head as it goes on the wire, in Latin-1, with what frames this hop. Everything is checked, whoever wrote it: a
 * head that says something else than it was meant to is how requests are smuggled.
 * @throws {ProxyError} `http_request_error`
 */
export function serialiseHead (head: RequestHead, body: BodySource | null): string {
  const { method, path, headers, upgrade } = head
  // The answer to CONNECT is framed differently; a tunnel is no request.
  if (!isToken(method) || method === 'CONNECT') refuse('a method that cannot be sent')
  if (!isRequestTarget(path)) refuse('an invalid request target')
  const length = body === null ? 0 : body.length
  if (length !== null && !(Number.isSafeInteger(length) && length >= 0)) refuse('a body length that is no number')
  let text = `${method} ${path} HTTP/1.1\r\n`
  let lengthWritten = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1]
    if (!isToken(name)) refuse('an invalid field name')
    if (value === undefined || !isFieldValue(value)) refuse(`an invalid value of field ${name}`)
    switch (name.length === 14 || name.length === 17 ? name.toLowerCase() : '') {
      case 'content-length':
        if (length === null) continue
        if (lengthWritten || value !== String(length)) refuse('a Content-Length that does not fit the body')
        lengthWritten = true
        break
      case 'transfer-encoding':
        if (length !== null || value.toLowerCase() !== 'chunked') refuse('a Transfer-Encoding that is not ours')
        continue
    }
    if (upgrade !== null && isUpgradeField(name)) continue
    text += `${name}: ${value}\r\n`
  }
  if (length === null) text += 'Transfer-Encoding: chunked\r\n'
  else if (body !== null && !lengthWritten) text += `Content-Length: ${length}\r\n`
  if (upgrade !== null) text += upgradeFields(upgrade)
  return text + '\r\n'
}

/** The end of a chunked body. @throws {ProxyError} `http_request_error` */
export function serialiseLastChunk (trailers: RawHeaders): string {
  let text = '0\r\n'
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] ?? ''
    const value = trailers[i + 1]
    if (!isToken(name)) refuse('an invalid trailer name')
    if (value === undefined || !isFieldValue(value)) refuse(`an invalid value of trailer ${name}`)
    text += `${name}: ${value}\r\n`
  }
  return text + '\r\n'
}

function upgradeFields (protocol: string): string {
  if (protocol === '' || !isFieldValue(protocol)) refuse('an invalid Upgrade value')
  return `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`
}

function isUpgradeField (name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'connection' || lower === 'upgrade'
}

function refuse (what: string): never {
  throw new ProxyError('http_request_error', `${what} in the request`)
}
