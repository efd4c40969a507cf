import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { backend } from 'greenthreads'

const run = promisify(execFile)

async function suite(name: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../${name}.js`, import.meta.url))
  const { stdout } = await run(process.execPath, [file, ...args])
  return stdout
}

test('with --json a suite prints one object with the figure of each peer', async () => {
  const report = JSON.parse(
    await suite('core', '--quick', '--json', 'wait-settled', 'minor-gc-1000'),
  )
  assert.equal(report.suite, 'core')
  assert.equal(report.node, process.versions.node)
  assert.equal(report.backend, backend)
  const [settled, collection] = report.results
  assert.equal(settled.name, 'wait-settled')
  assert.equal(settled.unit, 'ns')
  assert.ok(settled.value > 0)
  assert.ok(settled.peers.async > 0)
  assert.deepEqual(Object.keys(collection.peers), ['async', 'none'])
})

test('a server answers the right thing in both styles, measured in requests per second', async () => {
  const report = JSON.parse(await suite('http', '--quick', '--json', 'http-green'))
  assert.equal(report.suite, 'http')
  for (const { name, unit, value, peers } of report.results) {
    assert.match(name, /^http-green/)
    assert.equal(unit, 'req/s')
    assert.ok(value > 0 && peers.async > 0)
  }
})

test('figures recorded elsewhere are printed beside the peers, without a ratio', async () => {
  const report = JSON.parse(await suite('sync', '--quick', '--json', 'yield'))
  const [{ peers, ratios }] = report.results
  assert.deepEqual(Object.keys(peers), ['async', 'gevent (recorded)'])
  assert.deepEqual(Object.keys(ratios), ['async'])
})

test('a name that no measurement has is an error', async () => {
  await assert.rejects(
    suite('core', 'wait-setled'),
    /No measurement of core has one of: wait-setled/,
  )
})
