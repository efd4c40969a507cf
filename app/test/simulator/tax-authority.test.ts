import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { defaultBehaviour } from '../../simulator/behaviour.ts'
import { questionPath, TaxAuthoritySimulator } from '../../simulator/tax-authority.ts'

const simulator = new TaxAuthoritySimulator({ behaviour: { latencyMs: 0 } })
before(() => simulator.listen())
after(() => simulator.close())

describe('the simulated tax authority', () => {
  test('gives every taxpayer the same status each time', async () => {
    for (const _round of [1, 2]) {
      assert.equal((await askedStatus('500100732259')).status, true)
      assert.equal((await askedStatus('500100730004')).status, false)
    }
  })

  test('refuses a question it does not understand', async () => {
    for (const body of ['', 'INN', '{}', '{"inn":5}', '{"inn":"7707083893"}']) {
      const response = await fetch(simulator.url + questionPath, { method: 'POST', body })
      assert.equal(response.status, 422)
    }
  })

  test('behaves as the control endpoint tells it, until it is told otherwise', async () => {
    const changed = await control('{"mode":"busy"}')
    assert.equal(changed.status, 200)
    const busy = await ask('500100732259')
    assert.equal(busy.status, 429)
    assert.equal(busy.headers.get('retry-after'), '7')
    await control('{"mode":"answer"}')
    assert.equal((await ask('500100732259')).status, 200)
  })

  test('fails as often as it is told', async () => {
    await control('{"failureRate":1}')
    assert.equal((await ask('500100732259')).status, 500)
    await control('{"failureRate":0}')
    assert.equal((await ask('500100732259')).status, 200)
  })

  test('refuses a setting that makes no sense, says why, and changes nothing', async () => {
    for (const [body, reason] of [
      ['{"mode":"sulk"}', /mode must be one of .*"sulk"/],
      ['{"latencyMs":-1}', /latencyMs must be a number from 0 to 600000, but it is -1/],
      ['{"failureRate":2}', /failureRate/],
      ['{"latencyMs":1,"mood":"bad"}', /no setting mood/],
      ['[]', /JSON object/],
      ['not JSON', /JSON/],
    ] as const) {
      const response = await control(body)
      assert.equal(response.status, 400)
      assert.match(((await response.json()) as { message: string }).message, reason)
    }
    const shown = (await (await fetch(`${simulator.url}/control`)).json()) as object
    assert.deepEqual({ ...shown, ...defaultBehaviour, latencyMs: 0 }, shown)
  })

  test('answers nobody until the crowd is as large as it was told', async () => {
    await control('{"crowd":3}')
    await Promise.all([1, 2, 3].map(() => ask('500100732259')))
    assert.equal(simulator.counts.mostUnderWay, 3)
    await control('{"crowd":1}')
  })

  test('counts the questions whose asker went away', async () => {
    simulator.change({ mode: 'hang' })
    const { abandoned } = simulator.counts
    const asker = new AbortController()
    const begun = once(simulator.events, 'begin')
    const asked = ask('500100732259', asker.signal)
    await begun
    const ended = once(simulator.events, 'end')
    asker.abort()
    await assert.rejects(asked, { name: 'AbortError' })
    await ended
    assert.equal(simulator.counts.abandoned, abandoned + 1)
    assert.equal(simulator.counts.underWay, 0)
    simulator.change({ mode: 'answer' })
  })

  test('tells a lost visitor where to look', async () => {
    const response = await fetch(simulator.url)
    assert.equal(response.status, 404)
    assert.match(await response.text(), /GET \/control/)
  })
})

function ask(inn: string, signal: AbortSignal | null = null): Promise<Response> {
  const body = JSON.stringify({ inn, requestDate: '2030-01-01' })
  return fetch(simulator.url + questionPath, { method: 'POST', body, signal })
}

async function askedStatus(inn: string): Promise<{ status: boolean }> {
  return (await (await ask(inn)).json()) as { status: boolean }
}

function control(body: string): Promise<Response> {
  return fetch(`${simulator.url}/control`, { method: 'PUT', body })
}
