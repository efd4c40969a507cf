import type { Report, Result } from './suite.ts'

const rows: Readonly<Record<string, string>> = {
  'call-depth-10': 'a call that waits once, 10 calls deep',
  'call-depth-50': 'a call that waits once, 50 calls deep',
  'call-depth-10-fibers': 'the same 10 deep, with `greenthreads/fibers`',
  'one-blocking-call': 'synchronous code gets one value of asynchronous code',
  '200-calls-of-10-ms': '200 calls of 10 ms, 50 at a time',
  'http-async': 'HTTP handler, 10 ms upstream, 200 connections',
  'http-generators': 'the same, handlers written as generators',
  'http-blocking': 'the same, handlers that block',
}

/** What the README shows of bench:peers; nothing before it was run. */
export function peersSection(report: Report | undefined): string {
  if (report === undefined) return ''
  const lines = report.results.map((result) => {
    const peers = Object.entries(result.peers).map(([name, value]) => peer(result, name, value))
    return `| ${rows[result.name] ?? result.name} | ${shown(result, result.value)} | ${peers.join(', ')} |\n`
  })
  const version = report.node.split('.')[0]
  return `Beside other ways to wait, on Node.js ${version}, in turns (\`npm run bench:peers\`); in bold how many times as long they take, or as many requests they serve:

| | greenthreads | others |
| --- | --- | --- |
${lines.join('')}`
}

/** The ratio is that of the others to ours. */
function peer(result: Result, name: string, value: number): string {
  const ratio = result.ratios[name]
  const times = ratio === undefined ? '' : ` **${Number((1 / ratio.median).toPrecision(2))}**`
  return `${name} ${shown(result, value)}${times}`
}

function shown({ unit }: Result, value: number): string {
  if (unit === 'ns' && value >= 10_000) return `${Number((value / 1000).toPrecision(3))} us`
  const digits = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2)
  return `${digits} ${unit}`
}
