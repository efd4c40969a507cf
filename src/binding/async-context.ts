import {
  AsyncLocalStorage,
  AsyncResource,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { AddonError } from '../errors.ts'
import { addon } from './addon.ts'

/**
 * The part of the async context that lies on Node's stack of async ids, and the stack of domains.
 * (AsyncLocalStorage of Node.js 24 and newer is V8's business: the addon keeps it per stack.)
 *
 *   main's ids | base: pushed by whoever resumed the coroutine | nested: runInAsyncScope() calls inside
 *
 * A coroutine takes the nested part away when it suspends, and puts it back when it goes on.
 */
export interface NestedContext {
  readonly scopes: readonly AsyncScope[]
  readonly domains: DomainStack | undefined
}

/** The domains that are entered, innermost last. */
export interface DomainStack {
  readonly entered: readonly unknown[]
  readonly active: unknown
}

interface AsyncScope {
  readonly asyncId: number
  readonly triggerAsyncId: number
  readonly resource: object
}

/** True when there is something above the base that has to be set aside. */
export function hasNestedContext(baseAsyncId: number): boolean {
  return executionAsyncId() !== baseAsyncId || hasDomains()
}

/** Takes away everything above the base. */
export function leaveNestedContext(baseAsyncId: number): NestedContext {
  return { scopes: popScopes(baseAsyncId), domains: hasDomains() ? leaveDomains() : undefined }
}

/** Puts back what `leaveNestedContext` took away. */
export function enterNestedContext(context: NestedContext): void {
  for (let i = context.scopes.length - 1; i >= 0; i--) pushScope(context.scopes[i] as AsyncScope)
  enterDomains(context.domains)
}

const { pushAsyncContext, popAsyncContext } = addon

function popScopes(baseAsyncId: number): AsyncScope[] {
  const scopes: AsyncScope[] = []
  for (;;) {
    const asyncId = executionAsyncId()
    if (asyncId === baseAsyncId) return scopes
    scopes.push({ asyncId, triggerAsyncId: triggerAsyncId(), resource: executionAsyncResource() })
    // False when the stack of ids is empty, so that a base which is missing can't make us loop.
    if (!popAsyncContext(asyncId)) return scopes
  }
}

function pushScope({ asyncId, triggerAsyncId, resource }: AsyncScope): void {
  const depth = scopeDepth()
  pushAsyncContext(asyncId, triggerAsyncId)
  resources[depth] = resource
}

/**
 * The resources of the ids on the stack: an array of Node's own in JavaScript, in which
 * AsyncLocalStorage of Node.js 20 and 22 lives. Native code can't write to it, and no API shows it;
 * but leaving a scope calls its `pop()`.
 */
const resources: object[] = resourceArray()

function resourceArray(): object[] {
  const { pop } = Array.prototype
  const scope = new AsyncResource('GREENTHREADS_PROBE')
  let found: object[] | undefined
  Array.prototype.pop = function () {
    if (this.at(-1) === scope) found = this
    return pop.call(this)
  }
  scope.runInAsyncScope(() => {})
  Array.prototype.pop = pop
  if (found !== undefined) return found
  throw new AddonError(
    'ERR_GT_ADDON_FAILED',
    `The stack of async resources was not found in this build of Node.js ${process.version}; without ` +
      'it the async context would be lost at the first wait.\nUse an official build of Node.js.',
  )
}

const probe = new AsyncResource('GREENTHREADS_PROBE')

/** How many ids are on the stack: the place that the next scope takes. */
function scopeDepth(): number {
  return probe.runInAsyncScope(() => resources.lastIndexOf(probe))
}

// Where AsyncLocalStorage is built on async_hooks, the original disables the store for the whole program
// until the callback returns: too long for a callback that suspends. Elsewhere it is defined as here.
const { exit } = AsyncLocalStorage.prototype
AsyncLocalStorage.prototype.exit = function (callback, ...args) {
  if (!isInCoroutine())
    return exit.call(this, callback as never, ...(args as unknown as never[])) as never
  return this.run(undefined, callback, ...args)
}

let isInCoroutine: () => boolean = () => false

/** Tells this module when a coroutine runs; called once, by the module that knows. */
export function onCoroutine(test: () => boolean): void {
  isInCoroutine = test
}

interface DomainModule {
  active: unknown
  readonly _stack: unknown[]
}

let domainModule: DomainModule | undefined

/** True when domains are entered here. */
export function hasDomains(): boolean {
  // Set by the domain module when it is loaded; a property of a function, so the check is cheap.
  if (!(EventEmitter as { usingDomains?: boolean }).usingDomains) return false
  domainModule ??= createRequire(import.meta.url)('node:domain') as DomainModule
  return domainModule._stack.length > 0
}

/** Takes them away. */
export function leaveDomains(): DomainStack {
  const { _stack, active } = domainModule as DomainModule
  const entered = _stack.splice(0)
  setActiveDomain(undefined)
  return { entered, active }
}

/** Puts them back in place of those that are entered now. */
export function enterDomains(domains: DomainStack | undefined): void {
  if (domainModule === undefined) return
  domainModule._stack.splice(0, Number.POSITIVE_INFINITY, ...(domains?.entered ?? []))
  setActiveDomain(domains?.active)
}

function setActiveDomain(domain: unknown): void {
  const module = domainModule as DomainModule
  module.active = domain
  ;(process as { domain?: unknown }).domain = domain
}
