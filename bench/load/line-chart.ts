export interface Series {
  readonly name: string
  readonly colour: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface ChartOptions {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  /** A value that must not be reached, drawn as a line. */
  readonly limit?: { readonly value: number; readonly label: string }
}

const width = 760
const height = 420
const plot = { left: 70, right: 24, top: 48, bottom: 56 }

/** A chart with logarithmic axes as an SVG document that needs nothing else: it is embedded in Markdown. */
export function lineChart(options: ChartOptions): string {
  const points = options.series.flatMap((series) => series.points)
  const limits = options.limit === undefined ? [] : [options.limit.value]
  const x = logScale(
    points.map(([value]) => value),
    [plot.left, width - plot.right],
  )
  const y = logScale(
    [...points.map(([, value]) => value), ...limits],
    [height - plot.bottom, plot.top],
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(options.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(plot.left, 26, options.title, 'font-size="16" font-weight="bold"'),
    ...x.ticks.map((tick) => gridLine(x.at(tick), plot.top, x.at(tick), height - plot.bottom)),
    ...x.ticks.map((tick) =>
      text(x.at(tick), height - plot.bottom + 18, shown(tick), 'text-anchor="middle"'),
    ),
    ...y.ticks.map((tick) => gridLine(plot.left, y.at(tick), width - plot.right, y.at(tick))),
    ...y.ticks.map((tick) => text(plot.left - 8, y.at(tick) + 4, shown(tick), 'text-anchor="end"')),
    text((plot.left + width) / 2, height - 14, options.xLabel, 'text-anchor="middle"'),
    text(
      18,
      height / 2,
      options.yLabel,
      `text-anchor="middle" transform="rotate(-90 18 ${height / 2})"`,
    ),
    ...(options.limit === undefined ? [] : limitLine(y.at(options.limit.value), options.limit)),
    ...options.series.flatMap((series, index) => seriesLine(series, index, x.at, y.at)),
    '</svg>\n',
  ].join('\n')
}

interface Scale {
  readonly ticks: readonly number[]
  readonly at: (value: number) => number
}

function logScale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const positive = values.filter((value) => value > 0)
  const low = Math.floor(Math.log10(Math.min(...positive, Number.MAX_VALUE)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, Number.MIN_VALUE))))
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  const at = (value: number): number => {
    const share = (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)
    return Math.round((from + share * (to - from)) * 10) / 10
  }
  return { ticks, at }
}

function seriesLine(
  { name, colour, points }: Series,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const line = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')
  const legendX = plot.left + 12 + index * 160
  return [
    `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3" fill="${colour}"/>`),
    `<circle cx="${legendX}" cy="${plot.top - 8}" r="5" fill="${colour}"/>`,
    text(legendX + 10, plot.top - 4, name),
  ]
}

function limitLine(y: number, { label }: { readonly label: string }): string[] {
  return [
    `<line x1="${plot.left}" y1="${y}" x2="${width - plot.right}" y2="${y}" stroke="#b00" stroke-dasharray="6 4"/>`,
    text(width - plot.right, y - 6, label, 'text-anchor="end" fill="#b00"'),
  ]
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`
}

function shown(value: number): string {
  return value >= 1 ? value.toLocaleString('en') : String(value)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
