/**
 * Puts the fields that the app has set on its reply on top of the target's, names and values in turn. They replace those of the same
 * name, but for cookies; what frames the message stays as it is.
 */
export function mergeReplyFields (fields: string[], more: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(more)) {
    const lower = name.toLowerCase()
    if (value === undefined || lower === 'connection' || lower === 'content-length' || lower === 'transfer-encoding') continue
    if (lower !== 'set-cookie') remove(fields, lower)
    for (const item of Array.isArray(value) ? value : [value]) fields.push(name, String(item))
  }
}

function remove (fields: string[], lower: string): void {
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    if (fields[i]?.toLowerCase() === lower) fields.splice(i, 2)
  }
}
