import { readdirSync, readFileSync } from 'node:fs'
import type { Report, Result } from './suite.ts'

const resultsFolder = new URL('../../results/', import.meta.url)
export const documentFile: URL = new URL('../../../docs/performance.md', import.meta.url)

export const figuresPart = 'figures'
export const peersPart = 'peers'
export const loadPart = 'load test'

/** The text of docs/performance.md with its tables made from bench/results. */
export function withFigures(text: string): string {
  return withPart(text, figuresPart, tables(savedReports()))
}

/** A text whose lines between the two marks of this name are these. */
export function withPart(text: string, name: string, part: string): string {
  const start = `<!-- ${name}: npm run bench -- document -->\n`
  const end = `<!-- end of ${name} -->\n`
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) {
    throw new Error(`The document lacks the line ${start} or ${end}`)
  }
  return `${before}${start}${part}${end}${after}`
}

export function savedReports(): Report[] {
  const files = readdirSync(resultsFolder).filter((file) => /-node\d+-\w+\.json$/.test(file))
  return files
    .map((file) => JSON.parse(readFileSync(new URL(file, resultsFolder), 'utf8')) as Report)
    .toSorted((a, b) => majorOf(a) - majorOf(b))
}

function tables(reports: Report[]): string {
  const groups = new Map<string, Report[]>()
  for (const report of reports) {
    const title = `bench:${report.suite}, ${report.backend} backend`
    groups.set(title, [...(groups.get(title) ?? []), report])
  }
  const sections = [...groups]
    .toSorted()
    .map(([title, group]) => `\n### ${title}\n\n${table(group)}`)
  return sections.length === 0 ? '' : `${sections.join('')}\n`
}

function table(reports: Report[]): string {
  const names = new Set(reports.flatMap(({ results }) => results.map(({ name }) => name)))
  const head = ['measurement', 'unit', ...reports.map(({ node }) => `Node ${node}`)]
  const rows = [...names].map((name) => {
    const cells = reports.map(({ results }) => results.find((result) => result.name === name))
    const unit = cells.find((result) => result !== undefined)?.unit ?? ''
    return [`\`${name}\``, unit, ...cells.map(cell)]
  })
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}

function cell(result: Result | undefined): string {
  if (result === undefined) return ''
  const peers = Object.entries(result.peers).map(([name, value]) => {
    const ratio = result.ratios[name]
    if (ratio === undefined) return `${name} ${figure(value)}`
    const { median, low, high } = ratio
    return `${name} ${figure(value)}: **${figure(median)}** (${figure(low)} to ${figure(high)})`
  })
  return [figure(result.value), ...peers].join('<br>')
}

function figure(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)))
}

export function majorOf({ node }: Report): number {
  return Number(node.split('.')[0])
}
