/** One section of a systemd unit: every value of a key, in order, since keys may be given more than once. */
export type Section = ReadonlyMap<string, readonly string[]>

/**
 * Reads a unit file by systemd.syntax(7). Packages for INI files keep only the last value of a key.
 * @throws {Error} for a line that is neither a section, an assignment nor a comment.
 */
export function readUnit (text: string): ReadonlyMap<string, Section> {
  const unit = new Map<string, Map<string, string[]>>()
  let section: Map<string, string[]> | undefined
  for (const line of text.split('\n').map(line => line.trim())) {
    if (line === '' || /^[#;]/.test(line)) continue
    const [, heading] = /^\[([A-Za-z]+)\]$/.exec(line) ?? []
    const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (heading !== undefined) {
      section = new Map()
      unit.set(heading, section)
    } else if (key !== undefined && section !== undefined) {
      section.set(key, [...section.get(key) ?? [], value])
    } else {
      throw new Error(`not a line of a unit: ${line}`)
    }
  }
  return unit
}
