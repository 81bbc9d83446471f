/**
 * The value of a cookie in a `Cookie` field (RFC 6265, section 4.2.1), without the quotes it may have; undefined if there is none of that name. Of
 * several the first counts: browsers put the one with the longest path in front (section 5.4).
 */
export function readCookie (field: string, name: string): string | undefined {
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return unquoted(pair.slice(equals + 1).trim())
  }
  return undefined
}

function unquoted (value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
