import { figuresPart, savedReports, withPart } from './document.ts'
import type { Report } from './suite.ts'

export const preloadFile: URL = new URL('../../../docs/wait-anywhere.md', import.meta.url)

const rows = [
  ['awaits three times and does nothing else', 'preload-http-processor'],
  ['is ten calls deep and waits 10 ms for a timer', 'preload-http-upstream-processor'],
] as const

/** The text of docs/wait-anywhere.md with its table made from bench/results. */
export function withPreloadFigures(text: string): string {
  const lines = savedReports()
    .filter(({ suite }) => suite === 'preload')
    .flatMap((report) => rows.map(([handler, name]) => line(handler, name, report)))
  const head = '| a handler that | on | with the preload | without | ratio |\n'
  return withPart(text, figuresPart, `${head}| --- | --- | --- | --- | --- |\n${lines.join('')}`)
}

function line(handler: string, name: string, { node, backend, results }: Report): string {
  const result = results.find((one) => one.name === name)
  const { without } = result?.peers ?? {}
  const ratio = result?.ratios.without?.median
  if (result === undefined || without === undefined || ratio === undefined) return ''
  const figures = `${result.value.toFixed(1)} us | ${without.toFixed(1)} us | ${ratio.toFixed(2)}`
  return `| ${handler} | Node ${node}, ${backend} | ${figures} |\n`
}
