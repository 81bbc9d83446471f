/**
 * What this parser refuses although Node's own (llhttp, without its lenient flags) takes it, by the message of the fault, and why.
 * Whatever else one of the two refuses, the other one refuses too.
 */
export const STRICTER: ReadonlyMap<string, string> = new Map([
  ['no HTTP/1.x status line in the response', 'Versions other than 1.0 and 1.1, a status below 100 and empty lines before the head are no answer to what we asked.'],
  ['an invalid character in the reason phrase in the response', 'RFC 9112 section 4: control characters are not part of it.'],
  ['a Transfer-Encoding other than "chunked"', 'Another coding can be neither taken off nor passed on, since the field belongs to one hop (RFC 9112 section 6.1).'],
  ['a tab after a framing field of the response', 'llhttp reads such a coding as another one, and refuses such a length: two readings are one too many.'],
  ['a Transfer-Encoding in an HTTP/1.0 response', 'RFC 9112 section 6.1: its framing is to be taken for faulty.'],
  ['a Content-Length that is no number in the response', 'Beyond 2^53 or 16 digits it cannot be counted exactly.'],
  ['a chunk size that is too large in the response', 'Beyond 2^53 it cannot be counted exactly.'],
  ['a chunk head that is too long in the response', 'Every wait has a bound: extensions are read for nobody.'],
  ['a chunk extension without a name in the response', 'RFC 9112 section 7.1.1.'],
  ['a chunk extension without a value in the response', 'RFC 9112 section 7.1.1: "=" is followed by a token or a quoted string.'],
  ['an invalid chunk extension in the response', 'RFC 9110 section 5.6.4: a quoted pair is a backslash and a visible character, a space or a tab.'],
  ['a CR without LF in the response', 'llhttp passes over a second CR behind the status line; RFC 9112 section 2.2: it is invalid.'],
  ['a framing field in the trailers of the response', 'RFC 9110 section 6.5.1.'],
  ['a 101 response that nobody asked for', 'RFC 9110 section 7.8: a server must not switch to a protocol that was not asked for.'],
  ['an interim response that ends the connection', 'RFC 9112 section 9.3: "close" counts wherever it stands; to llhttp it does not beside "keep-alive" in HTTP/1.0, nor before a tab.'],
  ['more than 32 interim responses', 'An endless stream of them is no answer.'],
  ['more than 256 fields', 'Memory has a bound.'],
  ['more than 65536 bytes of head', 'Memory has a bound.']
])
