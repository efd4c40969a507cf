/** Ways in which a process or a worker ends while coroutines exist. Run by name, as either of the two. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { addon } from '../support/addon.ts'
import { fixtures } from '../support/fixtures.ts'
import { Coroutine } from '../support/raw-coroutine.ts'
import { suspendMany } from '../support/suspended.ts'

const say = (text: string): void => {
  if (isMainThread) console.log(text)
  else parentPort?.postMessage(text)
}

const keepAlive = (): void => void setInterval(() => {}, 1000)

/** Suspends one coroutine in each kind of native frame. */
function suspendInNativeFrames(): void {
  const pause = (): number => {
    Coroutine.suspend()
    return 0
  }
  const storage = new AsyncLocalStorage()
  const bodies: (() => unknown)[] = [
    () => [2, 1].sort(pause),
    () => JSON.parse('[1]', pause),
    () => 'a'.replace(/a/, () => `${pause()}`),
    () => [{ toString: () => `${pause()}` }, 1].join(),
    () => fixtures.makeCallback(pause),
    () => fixtures.inCallbackScope(pause),
    () => fixtures.inIsolateScope(pause),
    () => fixtures.withHandles(pause),
    () => fixtures.tryCatch(pause),
    () => storage.run('context', pause),
    () => new Promise(pause),
  ]
  for (const body of bodies) {
    new Coroutine(() => {
      try {
        return body()
      } finally {
        say('finally ran')
      }
    }).resume()
  }
}

function resumeInTurn(body: () => void): void {
  const coroutine = new Coroutine(() => {
    Coroutine.suspend()
    body()
  })
  coroutine.resume()
  setImmediate(() => coroutine.resume())
}

const situations: Record<string, () => void> = {
  'natural exit': () => {
    suspendMany(50)
    suspendInNativeFrames()
  },

  'natural exit with fresh and finished coroutines': () => {
    suspendMany(10)
    for (let index = 0; index < 10; index++) new Coroutine(() => index)
    for (let index = 0; index < 10; index++) new Coroutine(() => index).resume()
  },

  'exit inside': () => {
    suspendMany(20)
    resumeInTurn(() => process.exit(7))
  },

  'exit inside nested callbacks': () => {
    suspendInNativeFrames()
    resumeInTurn(() => {
      const inner = new Coroutine(() =>
        fixtures.makeCallback(() =>
          [2, 1].sort(() => fixtures.inIsolateScope(() => process.exit(7))),
        ),
      )
      inner.resume()
    })
  },

  'exit after a transfer': () => {
    const target = new Coroutine(() => process.exit(7))
    resumeInTurn(() => void Coroutine.transferTo(target))
  },

  'uncaught error inside': () => {
    suspendMany(20)
    resumeInTurn(() => {
      throw new Error('thrown inside')
    })
  },

  'unhandled rejection inside': () => {
    suspendMany(20)
    resumeInTurn(() => void Promise.reject(new Error('rejected inside')))
  },

  'caught by an uncaughtException handler': () => {
    const [other] = suspendMany(1) as [Coroutine]
    process.on('uncaughtException', ({ message }) => {
      other.resume()
      say(`${message}, ${other.isDone ? 'and the other one goes on' : 'and all is stuck'}`)
    })
    resumeInTurn(() => {
      throw new Error('thrown inside')
    })
  },

  'exit event that suspends': () => {
    process.on('exit', () => {
      suspendInNativeFrames()
      say('exit')
    })
  },

  'exit event that resumes': () => {
    const [early] = suspendMany(1) as [Coroutine]
    process.on('exit', () => {
      early.resume()
      suspendMany(3)
      say(early.isDone ? 'resumed' : 'not resumed')
    })
  },

  'exit event inside a coroutine': () => {
    process.on('exit', (code) => {
      new Coroutine(() => {
        Coroutine.suspend()
      }).resume()
      say(`exit ${code}`)
    })
    resumeInTurn(() => process.exit(7))
  },

  'a signal while suspended': () => {
    suspendInNativeFrames()
    keepAlive()
    say('ready')
  },

  'a signal whose handler exits inside a coroutine': () => {
    suspendMany(5)
    process.on('SIGTERM', () => new Coroutine(() => process.exit(3)).resume())
    keepAlive()
    say('ready')
  },

  'a loop inside': () => {
    suspendInNativeFrames()
    resumeInTurn(() => {
      say('ready')
      for (;;) globalThis.Array.from({ length: 10 })
    })
  },

  'a loop on the main stack on behalf of a coroutine': () => {
    suspendInNativeFrames()
    resumeInTurn(() =>
      addon.callOnMain(() => {
        say('ready')
        for (;;) globalThis.Array.from({ length: 10 })
      }),
    )
  },

  'calls on the main stack for ever': () => {
    suspendInNativeFrames()
    resumeInTurn(() => {
      say('ready')
      for (;;) addon.callOnMain(() => 1)
    })
  },

  'a loop on the main stack': () => {
    suspendInNativeFrames()
    say('ready')
    for (;;) globalThis.Array.from({ length: 10 })
  },

  'ping-pong for ever': () => {
    const players = Array.from(
      { length: 3 },
      () =>
        new Coroutine(() => {
          for (;;) Coroutine.suspend()
        }),
    )
    say('ready')
    for (;;) for (const player of players) player.resume()
  },

  'transfers for ever': () => {
    const players: Coroutine[] = [0, 1, 2].map(
      (index) =>
        new Coroutine(() => {
          for (;;) Coroutine.transferTo(players[(index + 1) % 3] as Coroutine)
        }),
    )
    say('ready')
    for (;;) players[0]?.resume()
  },

  'out of memory inside': () => {
    suspendMany(20)
    resumeInTurn(() => {
      // Small objects only: V8 has no time to report a heap that one large object fills.
      let kept: object = {}
      for (;;) kept = { kept }
    })
  },

  'a native frame larger than the stack': () => {
    // Below it lie stacks of others: without the guard page it would write to them.
    suspendMany(10)
    new Coroutine(() => fixtures.useStack(4 * 1024 * 1024)).resume()
  },

  'a message per coroutine': () => {
    let sum = 0
    for (let index = 0; index < 200; index++) {
      const coroutine = new Coroutine(() => {
        sum += index
        Coroutine.suspend()
        sum += index
      })
      coroutine.resume()
      if (index % 3 !== 0) coroutine.resume()
    }
    say(String(sum))
  },
}

const name = isMainThread ? process.argv[2] : (workerData as string)
const situation = situations[String(name)]
if (situation === undefined) throw new Error(`there is no situation "${name}"`)
situation()
