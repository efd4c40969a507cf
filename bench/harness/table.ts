import type { Report } from './suite.ts'

/** For people: every figure beside its peers, and how far the ratios spread. */
export function printTable({ suite, node, backend, results }: Report): void {
  console.log(`${suite}, Node ${node}, backend ${backend}`)
  const rows = [['measurement', 'unit', 'green', 'peer', '', 'green/peer', 'middle half']]
  for (const { name, unit, value, peers, ratios } of results) {
    let start = [name, unit, figure(value)]
    if (Object.keys(peers).length === 0) rows.push([...start, '', '', '', ''])
    for (const [peer, peerValue] of Object.entries(peers)) {
      const ratio = ratios[peer]
      const spread = ratio === undefined ? '' : `${figure(ratio.low)} to ${figure(ratio.high)}`
      rows.push([...start, peer, figure(peerValue), figure(ratio?.median ?? Number.NaN), spread])
      start = ['', '', '']
    }
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => width(row, column))))
  for (const row of rows) {
    console.log(row.map((cell, column) => pad(cell, widths?.[column] ?? 0, column)).join('  '))
  }
}

const textColumns = new Set([0, 1, 3])

function pad(cell: string, size: number, column: number): string {
  return textColumns.has(column) ? cell.padEnd(size) : cell.padStart(size)
}

function width(row: string[], column: number): number {
  return row[column]?.length ?? 0
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
