import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('loading.js', import.meta.url))
const skip = process.platform !== 'linux' && 'the shell of Linux limits the address space'

/** Runs Node with that much address space. */
function run(megabytes: number, args: readonly string[]): { code: number | null; output: string } {
  const command = `ulimit -v ${megabytes * 1024}; exec "$0" "$@"`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    timeout: 60_000,
  })
  return { code: status, output: stdout + stderr }
}

/** The least with which Node itself starts, to 4 MB. */
function leastMegabytes(): number {
  let tooLittle = 64
  let enough = 64 * 1024
  while (enough - tooLittle > 4) {
    const middle = (tooLittle + enough) >> 1
    if (run(middle, ['-e', '']).code === 0) enough = middle
    else tooLittle = middle
  }
  return enough
}

// Node itself, libuv and V8 end the process where they get no memory or thread. The addon must not.
test('where address space is short, the addon loads or says why it does not', { skip }, () => {
  const least = leastMegabytes()
  const loaded = []
  for (let megabytes = least; megabytes < least + 256; megabytes += 8) {
    const { code, output } = run(megabytes, [program])
    if (code === 0) loaded.push(megabytes)
    else if (code === 1) assert.match(output, /ERR_GT_ADDON_FAILED/, `${megabytes} MB`)
    assert.doesNotMatch(output, /system_error/, `${megabytes} MB: a thread was started in vain`)
  }
  assert.notEqual(loaded.length, 0)
})
