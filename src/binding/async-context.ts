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
import { currentStores, exchangeStores, type Stores } from './stores.ts'

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

/** The scope in which a callback was called, once the callback waits and its caller goes on in it as well. */
export interface SharedScope extends AsyncScope {
  /** While the callback runs those of its caller, otherwise its own. */
  others: Stores
}

/** True when there is something above the base that has to be set aside. */
export function hasNestedContext(baseAsyncId: number): boolean {
  return executionAsyncId() !== baseAsyncId || hasDomains()
}

/** Takes away everything above the base. */
export function leaveNestedContext(baseAsyncId: number, shared?: SharedScope): NestedContext {
  return {
    scopes: popScopes(baseAsyncId, shared),
    domains: hasDomains() ? leaveDomains() : undefined,
  }
}

/**
 * Takes away what is above the async id of a coroutine, and that id too where its resumer pushed the
 * id of another one, which the coroutine has replaced since.
 */
export function leaveContext(
  asyncId: number,
  baseAsyncId: number,
  shared?: SharedScope,
): NestedContext | undefined {
  const nested = hasNestedContext(asyncId) ? leaveNestedContext(asyncId, shared) : undefined
  if (baseAsyncId !== asyncId) leaveScope(asyncId)
  return nested
}

/** The scope of a callback that goes on without its caller; undefined where it was called in none. */
export function shareScope(): SharedScope | undefined {
  const asyncId = executionAsyncId()
  if (asyncId === 0) return undefined
  return { ...currentScope(asyncId), others: currentStores() ?? [] }
}

/** Puts back what `leaveNestedContext` took away. */
export function enterNestedContext(context: NestedContext): void {
  for (let i = context.scopes.length - 1; i >= 0; i--) pushScope(context.scopes[i] as AsyncScope)
  enterDomains(context.domains)
}

const { pushAsyncContext, popAsyncContext } = addon

/** Pushes the id of a resource alone, as `runInAsyncScope` does. */
export function enterScope(resource: AsyncResource): void {
  const depth = resources.length
  pushAsyncContext(resource.asyncId(), resource.triggerAsyncId())
  resources[depth] = resource
}

/** Pops what `enterScope` pushed. */
export function leaveScope(asyncId: number): void {
  popAsyncContext(asyncId)
}

function popScopes(baseAsyncId: number, shared: SharedScope | undefined): AsyncScope[] {
  const scopes: AsyncScope[] = []
  for (;;) {
    const asyncId = executionAsyncId()
    if (asyncId === baseAsyncId) return scopes
    if (shared !== undefined && asyncId === shared.asyncId) {
      shared.others = exchangeStores(shared.resource, shared.others)
      scopes.push(shared)
    } else scopes.push(currentScope(asyncId))
    // False when the stack of ids is empty, so that a base which is missing can't make us loop.
    if (!popAsyncContext(asyncId)) return scopes
  }
}

function currentScope(asyncId: number): AsyncScope {
  return { asyncId, triggerAsyncId: triggerAsyncId(), resource: executionAsyncResource() }
}

function pushScope(scope: AsyncScope | SharedScope): void {
  const depth = resources.length
  pushAsyncContext(scope.asyncId, scope.triggerAsyncId)
  resources[depth] = scope.resource
  if ('others' in scope) scope.others = exchangeStores(scope.resource, scope.others)
}

/**
 * The resources of the ids on the stack: an array of Node's own in JavaScript, in which
 * AsyncLocalStorage of Node.js 20 and 22 lives. Native code can't write to it, and no API shows it;
 * but leaving a scope calls its `pop()`. It is as long as the stack of ids wherever the topmost scope was
 * entered from JavaScript, as the base of each coroutine was.
 */
export const resources: object[] = resourceArray()

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
  create(): { enter(): void; exit(): void }
}

let domainModule: DomainModule | undefined
let probe: ReturnType<DomainModule['create']> | undefined

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
  // Makes it look whether uncaught exceptions are for a domain, now that the stack is another one.
  probe ??= module.create()
  probe.enter()
  probe.exit()
  module.active = domain
  ;(process as { domain?: unknown }).domain = domain
}
