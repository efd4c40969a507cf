import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The addon in test/native/node-api, loaded anew: it tells on which OS thread it was called. */
export interface NodeApi {
  /** Each call since the last time; "... elsewhere" when it was not on the OS thread that has loaded it. */
  takeCalls(): string[]
  plain<T>(value: T): T
  /** A function that it has not exported, like `plain`. */
  makeFunction(): <T>(value: T) => T
  fail(): never
  /** `promise.then` with two functions of the addon. */
  awaitPromise<T>(promise: Promise<T>): Promise<T>
  /** Does something in the pool of threads, then calls. */
  doWork(fn: () => void): void
  /** By a thread-safe function. */
  callLater(fn: () => void): void
  napiCall<T>(fn: () => T): T
  Counter: CounterClass
  /** Has members that can't be replaced. */
  FixedCounter: CounterClass
  inner: { plain<T>(value: T): T }
}

interface CounterClass {
  new (): Counter
  /** A FixedCounter, made by the addon. */
  create(): Counter
}

interface Counter {
  count: number
  add(amount: number): number
}

const file = `prebuilds/${process.platform}-${process.arch}/node.abi${process.versions.modules}.node`
export const nodeApiPath: string = fileURLToPath(
  new URL(`../../test/native/node-api/${file}`, import.meta.url),
)

export const loadNodeApi = (): NodeApi => createRequire(import.meta.url)(nodeApiPath)
