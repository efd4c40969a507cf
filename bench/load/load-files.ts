import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadCharts } from './load-charts.ts'
import type { LoadReport } from './load-report.ts'

const folder = new URL('../../results/', import.meta.url)
const reportFile = new URL('load.json', folder)

export function saveLoad(report: LoadReport): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(reportFile, `${JSON.stringify(report, null, 2)}\n`)
  for (const [name, chart] of Object.entries(loadCharts(report))) {
    writeFileSync(new URL(name, folder), chart)
  }
}

/** The saved run, or undefined when there is none yet. */
export function savedLoad(): LoadReport | undefined {
  if (!existsSync(reportFile)) return undefined
  return JSON.parse(readFileSync(reportFile, 'utf8')) as LoadReport
}
