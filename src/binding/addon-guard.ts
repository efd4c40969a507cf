import { applyOnMainThread } from './main-thread.ts'

// An addon may take it that all its calls come from one OS thread: those in Rust keep their classes in a
// thread_local. Where green threads are OS threads, what an addon exports is therefore called on that of the
// main stack, from which Node.js calls the addon's callbacks as well.

/**
 * What `exports` of an addon become: functions, classes and their members are called on the OS thread of the
 * main stack. It is the same object, and prototypes are, unless there are members that can't be replaced.
 */
export function guardExports(exports: unknown): unknown {
  if (isAddonFunction(exports)) return guardFunction(exports)
  if (!isPlain(exports) || namespaces.has(exports)) return exports
  namespaces.add(exports)
  const fixed = guardMembers(exports)
  if (fixed === undefined) return exports
  const members = { ...Object.getOwnPropertyDescriptors(exports), ...fixed }
  return Object.create(Object.getPrototypeOf(exports), members)
}

/** For what may be a function that an addon has made later; a class may also be one of the language. */
export function guardIfOfAddon(value: unknown): unknown {
  return isAddonFunction(value) && !isClass(value) ? guardFunction(value) : value
}

function isClass({ prototype }: AnyFunction): boolean {
  return Reflect.ownKeys(Object(prototype)).length > 1
}

type AnyFunction = ((...args: unknown[]) => unknown) & { prototype?: unknown }

/** Those that were met. */
const namespaces = new WeakSet<object>()

/** What is in place of a function; and the other way round. */
const guards = new WeakMap<AnyFunction, AnyFunction>()
const originals = new WeakMap<AnyFunction, AnyFunction>()

function guardFunction(original: AnyFunction): AnyFunction {
  if (originals.has(original)) return original
  const known = guards.get(original)
  if (known !== undefined) return known
  const isFixed = hasFixedMembers(original)
  const target = isFixed ? standInFor(original) : original
  const guard: AnyFunction = new Proxy(target, {
    apply: function call(_, self, args) {
      return guardIfOfAddon(applyOnMainThread(original, originalOf(self), args, call))
    },
    construct: function construct(_, args, newTarget) {
      const made = newTarget === guard ? original : newTarget
      return applyOnMainThread(Reflect.construct, undefined, [original, args, made], construct)
    },
  })
  // Its members may lead to it again.
  guards.set(original, guard)
  originals.set(guard, original)
  guardPrototype(original)
  if (isFixed) Object.defineProperties(target, guardedCopy(original))
  else guardMembers(original)
  return guard
}

/** Instances that native code makes from now on have that prototype, too. */
function guardPrototype(original: AnyFunction): void {
  const { prototype } = original
  if (prototype === null || typeof prototype !== 'object') return
  const fixed = guardMembers(prototype)
  if (fixed !== undefined) original.prototype = Object.create(prototype, fixed)
}

function originalOf(value: unknown): unknown {
  return typeof value === 'function' ? (originals.get(value as AnyFunction) ?? value) : value
}

/** In place. Returns what should be in place of those that could not be replaced. */
function guardMembers(object: object): PropertyDescriptorMap | undefined {
  let fixed: PropertyDescriptorMap | undefined
  for (const key of membersOf(object)) {
    const member = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor
    const guard = guardMember(member)
    if (guard === member || Reflect.defineProperty(object, key, guard)) continue
    fixed ??= {}
    Reflect.set(fixed, key, guard)
  }
  return fixed
}

function guardMember(member: PropertyDescriptor): PropertyDescriptor {
  const { value, get, set } = member
  const accessors: PropertyDescriptor = {}
  if (isAddonFunction(get)) accessors.get = guardFunction(get)
  if (isAddonFunction(set)) accessors.set = guardFunction(set)
  if (accessors.get !== undefined || accessors.set !== undefined) return { ...member, ...accessors }
  const guard = guardExports(value)
  return guard === value ? member : { ...member, value: guard }
}

function hasFixedMembers(original: AnyFunction): boolean {
  return membersOf(original).some((key) => {
    const { configurable, writable } = Object.getOwnPropertyDescriptor(original, key) ?? {}
    return configurable === false && writable !== true
  })
}

/** A proxy must show members that can't be replaced as its target has them. */
function standInFor(original: AnyFunction): AnyFunction {
  // biome-ignore lint/complexity/useArrowFunction: it must be one that constructs
  return Object.setPrototypeOf(function () {}, Object.getPrototypeOf(original))
}

function guardedCopy(original: AnyFunction): PropertyDescriptorMap {
  const members = Object.getOwnPropertyDescriptors(original)
  for (const key of membersOf(original)) {
    Reflect.set(members, key, guardMember(Reflect.get(members, key)))
  }
  return members
}

/** Without those that every function has. */
function membersOf(object: object): PropertyKey[] {
  const keys = Reflect.ownKeys(object)
  return typeof object === 'function' ? keys.filter((key) => !ofEveryFunction.has(key)) : keys
}

const ofEveryFunction = new Set<PropertyKey>(['length', 'name', 'prototype', 'arguments', 'caller'])

/** In whatever realm. */
function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Native ones with a prototype, as methods of the language and bound functions have none. */
function isAddonFunction(value: unknown): value is AnyFunction {
  return (
    typeof value === 'function' &&
    Object.hasOwn(value, 'prototype') &&
    textOf(value).endsWith('{ [native code] }') &&
    Reflect.get(globalThis, value.name) !== value
  )
}

const textOf = Function.prototype.call.bind(Function.prototype.toString) as (f: unknown) => string
