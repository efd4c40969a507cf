import { loadSection } from '../load/load-section.ts'
import { figuresPart, loadPart, majorOf, peersPart, savedReports, withPart } from './document.ts'
import { peersSection } from './peers-section.ts'
import type { Report, Result } from './suite.ts'

export const readmeFile: URL = new URL('../../../README.md', import.meta.url)

/** What the README shows of bench/results: the stack backend on this version of Node.js. */
const major = 24

const rows: [label: string, suite: string, name: string, show: (value: number) => string][] = [
  ['switch to a coroutine and back', 'core', 'switch', nanoseconds],
  ['spawn a thread that ends at once', 'core', 'spawn-finish', nanoseconds],
  ['spawn, wait once for a settled promise', 'core', 'spawn-wait-depth-1', nanoseconds],
  ['the same, 10 calls deep', 'core', 'spawn-wait-depth-10', nanoseconds],
  ['the same, 50 calls deep', 'core', 'spawn-wait-depth-50', nanoseconds],
  ['the same, 200 calls deep', 'core', 'spawn-wait-depth-200', nanoseconds],
  [
    'memory of one of 10,000 suspended calls, 15 deep',
    'core',
    'bytes-per-suspended-thread',
    (bytes) => `${(bytes / 1000).toFixed(1)} KB`,
  ],
  [
    'pause of a minor collection with 10,000 suspended',
    'core',
    'minor-gc-10000',
    (ms) => `${ms.toFixed(2)} ms`,
  ],
  [
    'HTTP handler ten calls deep, 10 ms upstream, 200 connections',
    'http',
    'http-green',
    (rate) => `${Math.round(rate).toLocaleString('en')} req/s`,
  ],
]

/** The text of the README with its table made from bench/results. */
export function withReadmeFigures(text: string): string {
  const lines = rows.map(([label, suite, name, show]) => {
    const { value, peers } = resultOf(suite, name)
    const { async } = peers
    return `| ${label} | ${show(value)} | ${async === undefined ? '' : show(async)} |\n`
  })
  const figures = `| | green threads | async/await |\n| --- | --- | --- |\n${lines.join('')}`
  const withOwn = withPart(text, figuresPart, figures)
  return withPart(
    withPart(withOwn, peersPart, peersSection(peersReport())),
    loadPart,
    loadSection(),
  )
}

function peersReport(): Report | undefined {
  return savedReports().find(({ suite, backend }) => suite === 'peers' && backend === 'stack')
}

function resultOf(suite: string, name: string): Result {
  const report = savedReports().find(
    (one) => one.suite === suite && one.backend === 'stack' && majorOf(one) === major,
  )
  const result = report?.results.find((one) => one.name === name)
  if (result === undefined) throw new Error(`bench/results has no ${name} of Node ${major}`)
  return result
}

function nanoseconds(value: number): string {
  return `${value < 20 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ns`
}
