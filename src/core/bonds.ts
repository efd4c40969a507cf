import type { Fiber } from './fiber.ts'

/** A scope, as the fibers that belong to it see it. */
export interface Home {
  /** Lets a fiber in before it starts. May suspend the one that starts it. */
  admit(child: Fiber): void
  /** It was let in and could not be started. */
  dismiss(child: Fiber): void
  /** As for watchers. Failures count as observed. */
  childEnded(child: Fiber): void
}

/** Is told when a fiber ends, on the stack of that fiber: there it must neither suspend nor throw. */
export interface Watcher {
  /** Does somebody learn of an error that way? Otherwise it is reported all the same. */
  readonly isObserver: boolean
  fiberEnded(fiber: Fiber): void
}

/** Leads to a fiber from those that it started. Empty once it is over, so that they don't keep it. */
interface Ancestor {
  fiber: Fiber | undefined
}

/** What ties a fiber to others. Most have none, so it is created at first need. */
export class Bonds {
  /** The scope that the fiber belongs to, until it ends ... */
  home: Home | undefined = undefined
  /** ... and the one that those belong to which it starts. */
  scope: Home | undefined = undefined
  /** Leads to the one that started it ... */
  parent: Ancestor | undefined = undefined
  /** ... and leads those that it started to it. */
  ancestor: Ancestor | undefined = undefined
  watchers: Set<Watcher> | undefined = undefined
  /** Somebody has learnt of its error, or will. */
  isObserved = false

  get isErrorObserved(): boolean {
    if (this.isObserved || this.home !== undefined) return true
    for (const { isObserver } of this.watchers ?? []) if (isObserver) return true
    return false
  }

  fiberEnded(fiber: Fiber): void {
    const { home, watchers } = this
    this.home = undefined
    this.scope = undefined
    this.watchers = undefined
    if (home !== undefined) this.isObserved = true
    if (this.ancestor !== undefined) this.ancestor.fiber = undefined
    for (const watcher of watchers ?? []) watcher.fiberEnded(fiber)
    home?.childEnded(fiber)
  }
}

export function bondsOf(fiber: Fiber): Bonds {
  fiber.bonds ??= new Bonds()
  return fiber.bonds
}

export function watch(fiber: Fiber, watcher: Watcher): void {
  const bonds = bondsOf(fiber)
  bonds.watchers ??= new Set()
  bonds.watchers.add(watcher)
}

export function unwatch(fiber: Fiber, watcher: Watcher): void {
  fiber.bonds?.watchers?.delete(watcher)
}
