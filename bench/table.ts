/** A column: its heading, and to which side its cells are pushed. */
export interface Column {
  readonly heading: string
  readonly align: 'left' | 'right'
}

export type TableStyle = 'plain' | 'markdown'

/** Lays out rows of text under headings; a missing cell is empty. */
export function table (columns: readonly Column[], rows: ReadonlyArray<readonly string[]>, style: TableStyle): string {
  const widths = columns.map((column, index) => Math.max(3, column.heading.length, ...rows.map(row => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]): string => {
    const padded = columns.map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align))
    return style === 'markdown' ? `| ${padded.join(' | ')} |` : padded.join('  ').trimEnd()
  }
  const rule = columns.map((column, index) => {
    const width = widths[index] ?? 0
    return style === 'markdown' && column.align === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)
  })
  return [line(columns.map(column => column.heading)), line(rule), ...rows.map(line)].join('\n')
}

function pad (text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width)
}

/** A number to read: thousands set apart, `digits` behind the point; a dash if it is none. */
export function number (value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
