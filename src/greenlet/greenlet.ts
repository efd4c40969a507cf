import { type InspectOptions, inspect } from 'node:util'
import { stackTrace } from '../binding/running.ts'
import { checkFunction } from '../core/argument.ts'
import { callerFrames } from '../core/stack-trace.ts'
import { GreenletError, GreenletExit, InvalidArgumentError } from '../errors.ts'
import { end, watchSuspended } from './collection.ts'
import { contexts, copyContext, type GreenletContext } from './context.ts'
import { currentGroup, groupOf, handleOf, isSuspended, onHandleNeeded } from './group.ts'
import { MainStrand, type Strand } from './main-strand.ts'
import { ChildStrand } from './strand.ts'
import { send } from './switching.ts'

/**
 * A function call with a stack of its own, which runs when somebody switches to it, until it switches
 * to another one: a symmetric coroutine. No event loop and no scheduler take part.
 *
 * As Python's greenlet. When it ends, its result or its error goes to its parent.
 *
 * @example
 * const main = getcurrent()
 * const counter = new Greenlet((from: number) => {
 *   for (let i = from; ; i++) main.switch(i)
 * })
 * console.log(counter.switch(7), counter.switch()) // 7 8
 */
export class Greenlet {
  readonly #strand: Strand

  /**
   * A greenlet that has not started: the first `switch` to it does that.
   *
   * @param run the function to run, called without `this`. A subclass may have a method `run` instead.
   * @param parent by default the running greenlet.
   */
  constructor(run?: ((...args: never[]) => unknown) | null, parent?: Greenlet | null) {
    if ((run as unknown) instanceof ChildStrand || (run as unknown) instanceof MainStrand) {
      this.#strand = run as unknown as Strand
      return
    }
    const ancestor = parent ?? getcurrent()
    checkGreenlet(ancestor)
    const strand = new ChildStrand(this, ancestor.#strand, ancestor)
    this.#strand = strand
    if (run !== undefined && run !== null) {
      checkFunction('run', run)
      strand.given = run
    }
    watchSuspended()
  }

  /**
   * The function that it will run; undefined once it has started. Subclasses may define it as a method,
   * which has the greenlet as `this`.
   */
  run?(...args: never[]): unknown

  static {
    // Not members of the class: subclasses could not define a method run(), and `inspect.custom`
    // would be a part of the declared type.
    Object.defineProperty(Greenlet.prototype, 'run', {
      configurable: true,
      get(this: Greenlet) {
        return (this.#strand as Partial<ChildStrand>).given
      },
      set(this: Greenlet, run: (...args: never[]) => unknown) {
        checkFunction('run', run)
        this.#unstarted('run').given = run
      },
    })
    Object.defineProperty(Greenlet.prototype, inspect.custom, { value: inspectGreenlet })
    onHandleNeeded((strand) => new Greenlet(strand as never))
  }

  /**
   * Continues this greenlet in place of the running one. Returns when somebody switches back, with what
   * was sent then.
   *
   * @param args when it has not started: the arguments of its function. Otherwise they become the result
   * of the `switch` in which it is suspended: nothing is undefined, one is itself, several are an array.
   * One that is dead hands them on to its first living ancestor.
   * @throws what is thrown into the running greenlet, GreenletError, and CannotSuspendError where a stack
   * can't be suspended.
   */
  switch(...args: unknown[]): unknown {
    return send(this.#strand, this, false, args)
  }

  /**
   * As `switch`, with an error that is thrown where this greenlet is suspended. One that has not started
   * ends without having run. One that is dead hands it on to its first living ancestor.
   *
   * @param error an error or a class of errors; by default a new GreenletExit.
   */
  throw(error?: unknown): unknown {
    return send(this.#strand, this, true, toError(error))
  }

  /**
   * The greenlet that gets the result or the error of this one: by default the one that created it.
   * Null for a main greenlet, where it can't be set.
   */
  get parent(): Greenlet | null {
    return (this.#strand.parentHandle as Greenlet | undefined) ?? null
  }

  set parent(parent: Greenlet) {
    checkGreenlet(parent)
    const strand = this.#strand
    if (!(strand instanceof ChildStrand)) throw ofMain(strand, 'parent')
    for (let one: Strand | undefined = parent.#strand; one !== undefined; one = one.parent) {
      if (one === strand) throw cyclic(strand, parent)
    }
    const { strands } = strand
    if (strands !== undefined && strands !== groupOf(parent.#strand)) {
      throw new GreenletError(
        'ERR_GT_GREENLET_OTHER_THREAD',
        `${parent.#strand} can't be the parent of ${strand}, which has started in another green thread.`,
      )
    }
    strand.parent = parent.#strand
    strand.parentHandle = parent
  }

  /** True once it has ended. */
  get dead(): boolean {
    return this.#strand.life === 'dead'
  }

  /** True once it has started, also when it has ended. */
  get started(): boolean {
    return this.#strand.life !== 'unstarted'
  }

  /** True from its start to its end, running or suspended: what `bool(greenlet)` is in Python. */
  get isActive(): boolean {
    return this.#strand.life === 'active'
  }

  /**
   * In which async context (values of AsyncLocalStorage) it runs. To be set before it starts.
   *
   * - `inherit`, the default: that of whoever switches to it first; its own from then on.
   * - `copy`: the one in which this is set; its own from then on.
   * - `none`: an empty one of its own, as in Python's greenlet.
   * - `share`: at each switch that of whoever switches to it.
   */
  get context(): GreenletContext {
    return this.#strand.context
  }

  set context(context: GreenletContext) {
    if (!contexts.includes(context)) {
      throw new InvalidArgumentError('context', `one of ${contexts.join(', ')}`, context)
    }
    const strand = this.#unstarted('context')
    strand.context = context
    strand.copied = context === 'copy' ? copyContext() : undefined
  }

  /**
   * The stack trace of the place where it is suspended: `gr_frame` of Python's greenlet. Empty while it
   * runs, before and after, and for the main stack.
   */
  stack(): string {
    const strand = this.#strand
    if (strand.coroutine === undefined || !isSuspended(strand)) return ''
    return `${strand}\n${callerFrames(stackTrace(strand.coroutine))}`
  }

  /**
   * `using greenlet = new Greenlet(...)` ends it with the block: GreenletExit is thrown where it is
   * suspended, and control comes back here when it has ended, whoever its parent is.
   */
  [Symbol.dispose](): void {
    const strand = this.#strand
    if (strand.life !== 'active' || strand === currentGroup().current) return
    if (strand instanceof ChildStrand) end(strand)
  }

  /** For messages. */
  toString(): string {
    return String(this.#strand)
  }

  #unstarted(property: string): ChildStrand {
    const strand = this.#strand
    if (!(strand instanceof ChildStrand)) throw ofMain(strand, property)
    if (strand.life === 'unstarted') return strand
    throw new GreenletError(
      'ERR_GT_GREENLET_STARTED',
      `${property} of ${strand} can't be set: it has started. Set it before the first switch to it.`,
    )
  }
}

/**
 * The greenlet that runs now. Code that no other greenlet was made for runs in a main greenlet: each
 * green thread is one, and so is the main stack.
 */
export function getcurrent(): Greenlet {
  return handleOf(currentGroup().current) as Greenlet
}

function checkGreenlet(value: unknown): asserts value is Greenlet {
  if (!(value instanceof Greenlet)) throw new InvalidArgumentError('parent', 'a Greenlet', value)
}

function ofMain(strand: Strand, property: string): GreenletError {
  return new GreenletError('ERR_GT_GREENLET_MAIN', `${property} of ${strand} can't be set.`)
}

function cyclic(strand: Strand, parent: Greenlet): GreenletError {
  return new GreenletError(
    'ERR_GT_GREENLET_PARENT_CYCLE',
    `${parent} can't be the parent of ${strand}: it is ${strand}, or has it among its ancestors.`,
  )
}

function toError(error: unknown): unknown {
  if (error === undefined) return new GreenletExit()
  const isClass = typeof error === 'function' && error.prototype instanceof Error
  return isClass ? new (error as new () => Error)() : error
}

function inspectGreenlet(this: Greenlet, _depth: number, options: InspectOptions): string {
  const { dead, isActive } = this
  const state = dead ? 'dead' : isActive ? 'active' : 'unstarted'
  return `Greenlet ${inspect({ name: String(this), state }, options)}`
}
