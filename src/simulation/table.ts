/** Rows of text under headings; the first so many columns hold words, the others numbers. */
export interface Table {
  readonly headings: readonly string[]
  readonly words: number
  readonly rows: ReadonlyArray<readonly string[]>
}

/** Lays a table out as Markdown, which can be read as it is. */
export function layOut ({ headings, words, rows }: Table): string {
  const widths = headings.map((heading, column) => Math.max(3, heading.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string => `| ${widths.map((width, column) => {
    const cell = cells[column] ?? ''
    return column < words ? cell.padEnd(width) : cell.padStart(width)
  }).join(' | ')} |`
  const rule = widths.map((width, column) => column < words ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)
  return [line(headings), line(rule), ...rows.map(line)].join('\n')
}

/** A number to read: thousands set apart, `digits` behind the point; a dash if it is none. */
export function number (value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Milliseconds to read: the shorter, the finer. */
export function milliseconds (value: number | undefined): string {
  if (value === undefined) return '-'
  return number(value, value < 10 ? 2 : value < 1000 ? 1 : 0)
}

/** A share, 0 to 1, in percent. */
export function percent (share: number | null, digits = 1): string {
  return share === null ? '-' : number(share * 100, digits)
}
