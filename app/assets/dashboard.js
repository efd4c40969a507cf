import uPlot from './uPlot.esm.js'

const shownSeconds = 120

const charts = [
  chart('chart-answers', [
    [
      'answered',
      '#17603a',
      (second) => sum(second, 'answers') - sum(second, 'refused') - sum(second, 'failed'),
    ],
    ['turned away', '#b5751a', (second) => sum(second, 'refused')],
    ['failed', '#a4262c', (second) => sum(second, 'failed')],
  ]),
  chart('chart-latency', [
    ['front user', '#17603a', ({ crowd }) => crowd?.front?.medianMs ?? null],
    ['p50, busiest route', '#66717f', (second) => busiest(second, 'p50Ms')],
    ['p99, busiest route', '#b5751a', (second) => busiest(second, 'p99Ms')],
  ]),
  chart('chart-threads', [['waiting', '#2a5db0', ({ waiting }) => waiting.total]]),
  chart('chart-loop', [['longest', '#66717f', ({ loopDelayMs }) => loopDelayMs]]),
]

const source = new EventSource('/admin/live')
source.onopen = () => say('connection', 'live')
source.onerror = () => say('connection', 'disconnected; trying again')
source.addEventListener('figures', ({ data }) => show(JSON.parse(data)))

for (const form of document.querySelectorAll('form[data-live]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    send(form)
  })
}

async function send(form) {
  const response = await fetch(form.action, {
    method: 'POST',
    body: new URLSearchParams(new FormData(form)),
    redirect: 'manual',
  })
  // The redirect that follows a form is what we want to avoid: the charts stay.
  const isDone = response.type === 'opaqueredirect'
  say('connection', isDone ? 'live' : `refused (HTTP ${response.status}): load the page again`)
}

function show(second) {
  for (const { plot, add } of charts) plot.setData(add(second))
  say('answers', perSecond(second, 'answers'))
  say('refused', perSecond(second, 'refused'))
  say('threads', second.waiting.total)
  say('front', second.crowd?.front ? second.crowd.front.medianMs : '–')
  say('delay', Math.round(second.loopDelayMs))
  say('database', connectionsOf(second))
  rows('routes', second.routes.slice(0, 8), ({ route, answers, refused, p50Ms, p99Ms }) => [
    route,
    Math.round(answers / second.seconds),
    Math.round(refused / second.seconds),
    p50Ms,
    p99Ms,
  ])
  rows('upstreams', second.upstreams, ({ upstream, breaker, running, queued }) => [
    upstream,
    breaker.isOn ? breaker.state : 'off',
    running,
    queued,
    breaker.refused,
  ])
  rows('names', busiestNames(second), ([name, count]) => [name, count])
  showSwitches(second.protections)
}

function connectionsOf({ connections }) {
  if (connections === undefined) return 'embedded'
  const { open, idle, most, waiting } = connections
  return `${open - idle} of ${most}${waiting > 0 ? `, ${waiting} wait` : ''}`
}

function busiestNames({ waiting }) {
  const names = Object.entries(waiting.byName).sort(([, one], [, other]) => other - one)
  return names.slice(0, 6)
}

function showSwitches(protections) {
  for (const form of document.querySelectorAll('form[data-protection]')) {
    const isOn = protections[form.dataset.protection]
    form.querySelector('b').textContent = isOn ? 'on' : 'off'
    form.elements.on.value = isOn ? 'no' : 'yes'
  }
}

function say(id, text) {
  document.getElementById(id).textContent = text
}

/** Text only: names of routes and threads never become markup. */
function rows(id, items, cellsOf) {
  const made = items.map((item) => {
    const row = document.createElement('tr')
    for (const cell of cellsOf(item)) {
      const element = document.createElement('td')
      element.textContent = cell
      if (typeof cell === 'number') element.className = 'number'
      row.append(element)
    }
    return row
  })
  document.getElementById(id).replaceChildren(...made)
}

function chart(id, series) {
  const place = document.getElementById(id)
  const columns = [[], ...series.map(() => [])]
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: 180,
      cursor: { show: false },
      legend: { live: false },
      scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
      series: [{}, ...series.map(([label, stroke]) => ({ label, stroke, width: 2 }))],
    },
    columns,
    place,
  )
  const add = (second) => {
    columns[0].push(Date.parse(second.at) / 1000)
    for (const [index, [, , figureOf]] of series.entries())
      columns[index + 1].push(figureOf(second))
    if (columns[0].length > shownSeconds) for (const column of columns) column.shift()
    return columns
  }
  return { plot, add }
}

function sum({ routes, seconds }, what) {
  return routes.reduce((all, route) => all + route[what], 0) / seconds
}

function perSecond(second, what) {
  return Math.round(sum(second, what))
}

/** Of the most popular route. */
function busiest({ routes }, what) {
  return routes[0]?.[what] ?? null
}
