import { lineChart, type Series } from './line-chart.ts'
import type { LoadReport } from './load-report.ts'
import { modeNames } from './load-table.ts'
import type { LoadMode, ScenarioRun, Step } from './scenario.ts'
import { frontLimitMs } from './verdict.ts'

const colours: Readonly<Record<LoadMode, string>> = {
  threads: '#c44e52',
  green: '#2a9d4a',
  async: '#4c72b0',
}

/** The charts of a report by the names of their files. */
export function loadCharts({ runs }: Pick<LoadReport, 'runs'>): Record<string, string> {
  return {
    'load-front.svg': lineChart({
      title: 'The front while others wait for a capped upstream',
      xLabel: 'users',
      yLabel: "the front's p99, ms",
      series: seriesOf(runs, 'capped upstream', ({ frontP99Ms }) => frontP99Ms),
      limit: { value: frontLimitMs, label: 'denial of service' },
    }),
    'load-throughput.svg': lineChart({
      title: 'Throughput with an upstream that takes half a second',
      xLabel: 'users',
      yLabel: 'answers per second',
      series: seriesOf(runs, 'slow upstream', ({ perSecond }) => perSecond),
    }),
    'load-latency.svg': lineChart({
      title: 'Response time with an upstream that takes half a second',
      xLabel: 'users',
      yLabel: 'p99, ms',
      series: seriesOf(runs, 'slow upstream', ({ p99Ms }) => p99Ms),
    }),
  }
}

function seriesOf(
  runs: readonly ScenarioRun[],
  scenario: string,
  figure: (step: Step) => number | null,
): Series[] {
  return runs
    .filter((run) => run.scenario === scenario)
    .map(({ mode, steps }) => ({
      name: modeNames[mode],
      colour: colours[mode],
      points: steps.flatMap((step) => {
        const value = figure(step)
        return value === null || value >= Number.MAX_VALUE ? [] : [[step.users, value] as const]
      }),
    }))
}
