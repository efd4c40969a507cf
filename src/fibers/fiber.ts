import { suspend } from '../binding/suspension.ts'
import { runningFiber } from '../core/fiber.ts'
import { watchYielding } from './collection.ts'
import { FiberThread, onOwnerNeeded, type Run } from './fiber-thread.ts'
import { stackCount } from './stack-count.ts'

// The messages are those of node-fibers, word for word: programs compare them.

/**
 * A function with a stack of its own, which runs when somebody calls `run()`, until it calls
 * `Fiber.yield()`: an asymmetric coroutine, as node-fibers 5 has it.
 */
export interface Fiber {
  /** True from the first `run()` until the function has returned. */
  readonly started: boolean

  /**
   * Starts the function, with the argument if there is one, or lets `Fiber.yield()` return the argument.
   * Returns when the function yields or returns, with what it yields or returns; with undefined when it
   * suspends itself in another way, by `wait()`. After the function has returned, this starts it anew.
   *
   * @throws what the function throws. Error when it runs, or waits by `wait()`; TypeError when there are
   * several arguments; OutOfStacksError.
   */
  run(argument?: unknown): any

  /**
   * Lets `Fiber.yield()` throw. Returns and throws as `run()`. Ends a `wait()` as well.
   *
   * @throws Error when the Fiber is not suspended; TypeError when there are several arguments.
   */
  throwInto(error?: unknown): any

  /**
   * Ends the function: `Fiber.yield()` throws, and so does every further suspension, until the function has
   * returned. Does nothing when it has not started.
   *
   * @returns what the function returns.
   * @throws what the function throws instead; Error when the Fiber is not suspended; TypeError when there
   * are arguments.
   */
  reset(): any
}

export interface FiberConstructor {
  /** A Fiber that has not started. */
  new (run: (argument?: any) => unknown): Fiber
  /** The same, without `new`. */
  (run: (argument?: any) => unknown): Fiber
  readonly prototype: Fiber
  /** The Fiber that runs now; undefined outside of Fibers, also in green threads that one spawns. */
  readonly current: Fiber | undefined
  /**
   * Suspends the running Fiber: the argument is what `run()` returns; its next argument is what this
   * returns.
   *
   * @throws Error outside of Fibers, and when the Fiber is `reset()` or collected; TypeError when there are
   * several arguments; what `throwInto()` throws; CannotSuspendError.
   */
  yield(value?: unknown): any
  /** How many stacks of ended Fibers node-fibers would keep. Only `fibersCreated` depends on it. */
  poolSize: number
  /** How many stacks node-fibers would have created so far. */
  readonly fibersCreated: number
}

class FiberHandle implements Fiber {
  readonly #run: Run
  /** The present run, or the last one. */
  #thread: FiberThread | undefined = undefined

  constructor(run: Run, thread?: FiberThread) {
    this.#run = run
    this.#thread = thread
    watchYielding()
  }

  get started(): boolean {
    // The prototype has it too, and programs that print objects read it there.
    if (!(#thread in this)) return undefined as never
    return this.#live() !== undefined
  }

  run(...args: unknown[]): unknown {
    checkReceiver(#thread in this)
    const thread = this.#live()
    if (thread !== undefined && !thread.isYielding) throw alreadyRunning(thread)
    if (args.length > 1) throw new TypeError('run() excepts 1 or no arguments')
    if (thread === undefined) {
      this.#thread = new FiberThread(this, this.#run, args)
      return this.#thread.begin()
    }
    thread.inbox = args[0]
    return thread.visit(this)
  }

  throwInto(...args: unknown[]): unknown {
    checkReceiver(#thread in this)
    const thread = this.#live()
    if (!thread?.isInterruptible) throw notYielding()
    if (args.length > 1) throw new TypeError('throwInto() expects 1 or no arguments')
    return thread.throwInto(this, args[0])
  }

  reset(...args: unknown[]): unknown {
    checkReceiver(#thread in this)
    const thread = this.#live()
    if (thread === undefined) return undefined
    if (!thread.isInterruptible) throw notYielding()
    if (args.length > 0) throw new TypeError('reset() expects no arguments')
    return thread.unwind(this)
  }

  #live(): FiberThread | undefined {
    const thread = this.#thread
    if (thread === undefined || thread.isOver) return undefined
    // It could not be started.
    return thread.state === 'pending' ? undefined : thread
  }
}

onOwnerNeeded((thread, run) => new FiberHandle(run, thread))

function construct(this: unknown, ...args: unknown[]): Fiber {
  if (args.length !== 1) throw new TypeError('Fiber expects 1 argument')
  if (typeof args[0] !== 'function') throw new TypeError('Fiber expects a function')
  return Reflect.construct(FiberHandle, args, new.target ?? FiberHandle) as Fiber
}

function yieldRunning(...args: unknown[]): unknown {
  const thread = runningFiber()
  if (!(thread instanceof FiberThread)) throw new Error('yield() called with no fiber running')
  if (thread.unwinding !== undefined) throw thread.unwinding
  if (args.length > 1) throw new TypeError('yield() expects 1 or no arguments')
  thread.yields(args[0])
  // As thread.suspend() does, without its frame: each one costs every suspended Fiber.
  thread.state = 'suspended'
  return suspend()
}

/** What is native in node-fibers says this of another receiver. */
function checkReceiver(isFiber: boolean): void {
  if (!isFiber) throw new TypeError('Illegal invocation')
}

function alreadyRunning(thread: FiberThread): Error {
  const message = 'This Fiber is already running'
  if (thread.state !== 'suspended') return new Error(message)
  return new Error(
    `${message}: it is suspended in wait() and goes on by itself.\n` +
      'run() ends a Fiber.yield(); to end a wait() use throwInto() or reset().',
  )
}

function notYielding(): Error {
  return new Error('This Fiber is not yielding')
}

export const Fiber: FiberConstructor = construct as unknown as FiberConstructor

Object.defineProperties(Fiber, {
  name: { value: 'Fiber' },
  length: { value: 0 },
  prototype: { value: FiberHandle.prototype },
  // Writable, as programs wrap it.
  yield: { value: yieldRunning, writable: true, enumerable: true, configurable: true },
  current: {
    get: () => {
      const thread = runningFiber()
      return thread instanceof FiberThread ? thread.owner : undefined
    },
    enumerable: true,
    configurable: true,
  },
  poolSize: {
    get: () => stackCount.poolSize,
    set: (size: unknown) => {
      stackCount.poolSize = Number(size)
    },
    enumerable: true,
    configurable: true,
  },
  fibersCreated: { get: () => stackCount.created, enumerable: true, configurable: true },
})
Object.defineProperty(FiberHandle.prototype, 'constructor', { value: Fiber })
for (const name of ['run', 'throwInto', 'reset', 'started']) {
  Object.defineProperty(FiberHandle.prototype, name, { enumerable: true })
}
