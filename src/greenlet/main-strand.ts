import type { Coroutine } from '../binding/coroutine.ts'
import type { Home } from '../core/bonds.ts'
import type { Fiber } from '../core/fiber.ts'
import type { Region } from '../core/interruption.ts'
import type { GreenletContext } from './context.ts'
import type { Group } from './group.ts'

export type Life = 'unstarted' | 'active' | 'dead'

/** What a strand knows of the `Greenlet` that users hold. */
export interface Handle {
  readonly run?: (...args: never[]) => unknown
}

/**
 * The inner side of a greenlet. Nothing on its stack refers to its handle, so that the end of that can
 * be noticed; see collection.ts.
 *
 *   unstarted -> active -> dead
 */
export interface Strand {
  readonly life: Life
  /** Those it switches with; undefined before it has started. */
  strands: Group | undefined
  /** Held while it runs, and while nobody watches for its end. */
  handle: Handle | undefined
  isWatched: boolean
  parent: Strand | undefined
  /** Keeps the parent reachable. */
  parentHandle: Handle | undefined
  /** The deadlines and shields around the place where it is suspended. */
  region: Region | undefined
  /** The scope there, in which spawned threads live. */
  scope: Home | undefined
  readonly context: GreenletContext
  /** Undefined stands for the main stack. */
  readonly coroutine: Coroutine | undefined
}

/** The greenlet that is there already: the main stack, or a green thread. */
export class MainStrand implements Strand {
  strands: Group
  handle: Handle | undefined = undefined
  readonly isWatched = false
  readonly parent = undefined
  readonly parentHandle = undefined
  region: Region | undefined = undefined
  scope: Home | undefined = undefined
  readonly context: GreenletContext = 'inherit'
  readonly coroutine: Fiber | undefined

  constructor(group: Group) {
    this.strands = group
    this.coroutine = group.fiber
  }

  get life(): Life {
    return this.coroutine?.isOver ? 'dead' : 'active'
  }

  /** For messages. */
  toString(): string {
    return this.coroutine === undefined
      ? 'the main greenlet'
      : `the main greenlet of ${this.coroutine}`
  }
}
