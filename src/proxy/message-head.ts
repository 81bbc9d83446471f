import type { RawHeaders } from '../transport/transport.js'

/** A message head as text, for what is written past Node's response objects. */
export function messageHead (startLine: string, fields: RawHeaders): string {
  let text = `${startLine}\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${text}\r\n`
}
