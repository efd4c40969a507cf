import { AsyncLocalStorage } from 'node:async_hooks'
import type { Body } from './fiber.ts'
import { interruption } from './interruption.ts'
import { requireFiber } from './running-fiber.ts'
import { WaitQueue } from './wait-queue.ts'

/**
 * Lets calls pass one at a time, in the order in which they came.
 *
 * A call made from within a call of the same line, directly or through async code, would wait for
 * itself. It belongs to the turn of the outer one instead, in a line of its own with its siblings:
 *
 *   line:   A ------------------------- B ---
 *   A's:      A1 --- A2 ---
 */
export class SerialLine {
  #isTaken = false
  readonly #waiting = new WaitQueue()
  #onIdle: (() => void) | undefined = undefined

  /** Runs a function in the running green thread, when it is its turn, and waits for its result. */
  run(fn: Body, receiver: unknown, args: readonly unknown[]): unknown {
    const outer = currentTurn()
    return this.#innermost(outer).#take(new Turn(this, outer), fn, receiver, args)
  }

  #innermost(outer: Turn | undefined): SerialLine {
    for (let turn = outer; turn !== undefined; turn = turn.outer) {
      if (turn.line === this && !turn.isOver) return turn.nested()
    }
    return this
  }

  #take(turn: Turn, fn: Body, receiver: unknown, args: readonly unknown[]): unknown {
    const fiber = requireFiber('a serial function')
    if (this.#isTaken) this.#waiting.park()
    else this.#isTaken = true
    try {
      // It was its turn already, but it is no longer wanted.
      if (fiber.isInterrupted) throw interruption(fiber)
      return turns.run(turn, () => fiber.callAndWait(fn, receiver, args))
    } finally {
      turn.end(() => this.#leave())
    }
  }

  #leave(): void {
    if (this.#waiting.unparkOne()) return
    this.#isTaken = false
    this.#onIdle?.()
  }

  /** Calls back when nobody is in the line; at once when that is so. */
  whenIdle(callback: () => void): void {
    if (this.#isTaken) this.#onIdle = callback
    else callback()
  }
}

class Turn {
  readonly line: SerialLine
  readonly outer: Turn | undefined
  isOver = false
  #nested: SerialLine | undefined = undefined

  constructor(line: SerialLine, outer: Turn | undefined) {
    this.line = line
    this.outer = outer
  }

  nested(): SerialLine {
    this.#nested ??= new SerialLine()
    return this.#nested
  }

  /** The next one's turn comes when the calls within this one are over too. */
  end(leave: () => void): void {
    this.isOver = true
    if (this.#nested === undefined) leave()
    else this.#nested.whenIdle(leave)
  }
}

const turns = new AsyncLocalStorage<Turn>()

/** Those that are over are skipped, and so forgotten where each call leads to the next for ever. */
function currentTurn(): Turn | undefined {
  let turn = turns.getStore()
  while (turn?.isOver) turn = turn.outer
  return turn
}

const linesOfKeys = new WeakMap<object, SerialLine>()

/** The line that all functions with this key share. */
export function lineOf(key: object): SerialLine {
  let line = linesOfKeys.get(key)
  if (line === undefined) {
    line = new SerialLine()
    linesOfKeys.set(key, line)
  }
  return line
}
