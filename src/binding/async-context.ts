import {
  AsyncLocalStorage,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
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

interface AsyncScope {
  readonly asyncId: number
  readonly triggerAsyncId: number
  readonly resource: object
}

interface DomainStack {
  readonly entered: readonly unknown[]
  readonly active: unknown
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
  if (context.domains !== undefined) enterDomains(context.domains)
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
  if (asyncWrap === undefined) {
    pushAsyncContext(asyncId, triggerAsyncId, resource)
    return
  }
  const depth = asyncWrap.async_hook_fields[asyncWrap.constants.kStackLength] as number
  pushAsyncContext(asyncId, triggerAsyncId)
  asyncWrap.execution_async_resources[depth] = resource
}

interface AsyncWrap {
  readonly async_hook_fields: Uint32Array
  readonly execution_async_resources: object[]
  readonly constants: { readonly kStackLength: number }
}

const majorVersion = Number.parseInt(process.versions.node, 10)

/**
 * On Node.js 20 and 22 the resources are kept in an array in JavaScript which only this binding
 * shows. It exists there, and its deprecation warning is not for users of this library.
 */
const asyncWrap: AsyncWrap | undefined = majorVersion < 24 ? bindingOfAsyncWrap() : undefined

function bindingOfAsyncWrap(): AsyncWrap {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    // @ts-expect-error: process.binding has no types.
    return process.binding('async_wrap') as AsyncWrap
  } finally {
    process.emitWarning = emitWarning
  }
}

if (majorVersion < 24) {
  // The original disables the store for the whole program until the callback returns, which is too
  // long for a callback that suspends. Node.js 24 has the same definition as this.
  const { exit } = AsyncLocalStorage.prototype
  AsyncLocalStorage.prototype.exit = function (callback, ...args) {
    if (!isInCoroutine())
      return exit.call(this, callback as never, ...(args as unknown as never[])) as never
    return this.run(undefined, callback, ...args)
  }
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

function hasDomains(): boolean {
  // Set by the domain module when it is loaded; a property of a function, so the check is cheap.
  if (!(EventEmitter as { usingDomains?: boolean }).usingDomains) return false
  domainModule ??= createRequire(import.meta.url)('node:domain') as DomainModule
  return domainModule._stack.length > 0
}

function leaveDomains(): DomainStack {
  const { _stack, active } = domainModule as DomainModule
  const entered = _stack.splice(0)
  setActiveDomain(undefined)
  return { entered, active }
}

function enterDomains({ entered, active }: DomainStack): void {
  domainModule?._stack.push(...entered)
  setActiveDomain(active)
}

function setActiveDomain(domain: unknown): void {
  const module = domainModule as DomainModule
  module.active = domain
  ;(process as { domain?: unknown }).domain = domain
}
