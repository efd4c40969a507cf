import { savedLoad } from './load-files.ts'
import { loadTable } from './load-table.ts'

/** What the README shows of the load test; nothing before it was run. */
export function loadSection(): string {
  const report = savedLoad()
  if (report === undefined) return ''
  return `Users who ask a payments service whose upstream takes half a second, in a closed loop, 1 GiB of memory, 10 database connections,
Node.js ${report.node.split('.')[0]}; service is denied when an unconcerned page's p99 reaches one second, or anybody gets an error (\`npm run bench:load\`):

${loadTable(report)}
![The front's p99 against users](bench/results/load-front.svg)
![Throughput against users](bench/results/load-throughput.svg)
![Response time against users](bench/results/load-latency.svg)
`
}
