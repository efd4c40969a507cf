import type { LoadReport, ModeFigures } from './load-report.ts'
import { type LoadMode, loadModes } from './scenario.ts'

type Row = readonly [label: string, show: (figures: ModeFigures) => string]

const rows: readonly Row[] = [
  ['users before denial of service', ({ usersBeforeDenial }) => whole(usersBeforeDenial)],
  ["the front's p99 there", ({ frontP99Ms }) => `${whole(frontP99Ms)} ms`],
  ['bytes per waiting user', ({ bytesPerWaitingUser }) => wholeOrNone(bytesPerWaitingUser)],
  ['highest throughput', ({ maxRps }) => `${whole(maxRps)} req/s`],
  [
    'average response time, at so many users',
    ({ avgMs, users }) => `${whole(avgMs)} ms, ${whole(users)}`,
  ],
  ['p99 of them', ({ p99Ms }) => `${whole(p99Ms)} ms`],
  ['memory at peak', ({ peakRssBytes }) => `${whole(peakRssBytes / 2 ** 20)} MB`],
]

export const modeNames: Readonly<Record<LoadMode, string>> = {
  threads: '40 worker threads',
  green: 'green threads',
  async: 'async/await',
}

/** The table, for Markdown and for people. */
export function loadTable({ modes }: Pick<LoadReport, 'modes'>): string {
  const measured = loadModes.filter((mode) => modes[mode] !== undefined)
  const head = ['', ...measured.map((mode) => modeNames[mode])]
  const lines = rows.map(([label, show]) => {
    return [label, ...measured.map((mode) => show(modes[mode] as ModeFigures))]
  })
  const widths = head.map((_, column) => {
    return Math.max(3, ...[head, ...lines].map((line) => line[column]?.length ?? 0))
  })
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  return [head, widths.map((width) => '-'.repeat(width)), ...lines].map(line).join('')
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function wholeOrNone(value: number | null): string {
  return value === null ? 'too few wait' : whole(value)
}
