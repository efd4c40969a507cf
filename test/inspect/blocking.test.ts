import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { spawn } from 'greenthreads'
import { type BlockedReport, monitorBlocking } from 'greenthreads/inspect'

/** A file that a monitor writes to while the event loop is held up. */
class ReportFile implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'greenthreads-'))
  readonly path = join(this.#folder, 'report')
  readonly descriptor = openSync(this.path, 'a')
  /** How many reports were told afterwards. */
  told = 0

  get text(): string {
    return readFileSync(this.path, 'utf8')
  }

  get written(): number {
    return this.text.split('has not turned').length - 1
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor)
    rmSync(this.#folder, { recursive: true })
  }
}

/** Holds up the event loop until that is reported: it ends only if the report comes meanwhile. */
function blockUntilReported(file: ReportFile): void {
  while (file.written === file.told) Math.sqrt(file.told)
}

/**
 * Resolves to what is told of a function that holds up the event loop. On a busy machine the test itself may
 * seem to do that, having no processor: then once more.
 */
function monitored(file: ReportFile, block: () => void, frame: string): Promise<BlockedReport> {
  return new Promise((resolve) => {
    const held = setTimeout(() => {}, 1e6) // a monitor does not hold the process
    const monitor = monitorBlocking({
      thresholdMs: 20,
      descriptor: file.descriptor,
      onBlocked: (report) => {
        file.told++
        if (!report.stack.includes(frame)) {
          block()
          return
        }
        monitor.stop()
        monitor.stop()
        clearTimeout(held)
        resolve(report)
      },
    })
    block()
  })
}

function checkReport(file: ReportFile, { blockedMs, stack }: BlockedReport, frame: string): void {
  assert.match(stack, new RegExp(` at .*${frame} \\(.*blocking\\.test\\.js:\\d+:\\d+\\)`))
  assert.ok(blockedMs >= 20, String(blockedMs))
  assert.match(file.text, /^greenthreads: the event loop has not turned for \d+ ms, because of\n/)
  assert.ok(file.text.includes(stack))
}

test('what holds up the event loop is written while it does, and told afterwards', async () => {
  using file = new ReportFile()
  const report = await monitored(
    file,
    function holdUp() {
      blockUntilReported(file)
    },
    'holdUp',
  )
  checkReport(file, report, 'holdUp')
})

test('a green thread that does is told by its own stack', async () => {
  using file = new ReportFile()
  const report = await monitored(
    file,
    () => {
      spawn(function busyThread() {
        blockUntilReported(file)
      })
    },
    'busyThread',
  )
  checkReport(file, report, 'busyThread')
  assert.doesNotMatch(report.stack, /monitored/)
})

test('each time is told; what is stopped tells nothing', async () => {
  using first = new ReportFile()
  await monitored(first, () => blockUntilReported(first), 'blockUntilReported')
  const before = first.text
  for (const time of [1, 2]) {
    using file = new ReportFile()
    await monitored(file, () => blockUntilReported(file), 'blockUntilReported')
    assert.equal(file.told, file.written, `time ${time}`)
  }
  assert.equal(first.text, before)
})

test('one monitor tells each time', async () => {
  using file = new ReportFile()
  await new Promise<void>((resolve) => {
    const held = setTimeout(() => {}, 1e6)
    const monitor = monitorBlocking({
      thresholdMs: 10,
      descriptor: file.descriptor,
      onBlocked: () => {
        file.told++
        if (file.told < 3) {
          blockUntilReported(file)
          return
        }
        monitor.stop()
        clearTimeout(held)
        resolve()
      },
    })
    blockUntilReported(file)
  })
  assert.equal(file.written, 3)
})

const program = new URL('./programs/blocked.js', import.meta.url)

test('without a listener it goes to the standard error; the process ends by itself', () => {
  using file = new ReportFile()
  const { status } = spawnSync(process.execPath, [fileURLToPath(program)], {
    stdio: ['ignore', 'ignore', file.descriptor],
  })
  assert.equal(status, 0)
  assert.match(
    file.text,
    /^greenthreads: the event loop has not turned for \d+ ms, because of\n(?: {4}at .*\n)* {4}at .*blocked\.js/,
  )
})

for (const [ending, expected] of Object.entries({ itself: 0, exit: 3, terminated: 1 })) {
  test(`a worker that is watched and held up may end: ${ending}`, async () => {
    using file = new ReportFile()
    const worker = new Worker(program, { argv: [ending, file.path] })
    const exit = once(worker, 'exit')
    await Promise.race([once(worker, 'message'), exit])
    assert.match(file.text, /blocked\.js/)
    if (ending === 'terminated') await worker.terminate()
    assert.deepEqual(await exit, [expected])
  })
}

test('wrong options are refused', () => {
  const wrong = [
    [{ thresholdMs: 0 }, /thresholdMs must be a whole number of milliseconds from 1 to 3600000/],
    [{ thresholdMs: 1.5 }, /thresholdMs must be/],
    [{ onBlocked: 'log' }, /onBlocked must be a function/],
    [{ descriptor: '2' }, /descriptor must be a file descriptor/],
  ] as const
  for (const [options, message] of wrong) {
    assert.throws(() => monitorBlocking(options as object), { message })
  }
})
