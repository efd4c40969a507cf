const marked = new WeakMap<object, readonly object[]>()

/**
 * Marks an argument of `offload()`, or what an offloaded function of a module returns: its memory moves
 * to the other side instead of being copied, and is empty here afterwards. Returns the value itself.
 *
 * @param list what moves; by default the value, if it is an `ArrayBuffer` or a `MessagePort`, or the
 * buffer of a typed array.
 * @example
 * import { offload, transfer } from 'greenthreads/offload'
 *
 * const pixels = new Uint8Array(1_000_000)
 * offload((bytes: Uint8Array) => bytes.length, transfer(pixels))
 */
export function transfer<T extends object>(value: T, list?: readonly object[]): T {
  marked.set(value, list ?? [ArrayBuffer.isView(value) ? value.buffer : value])
  return value
}

/** What moves with these values. */
export function transferListOf(values: readonly unknown[]): object[] {
  return values.flatMap((value) => {
    const list = isObject(value) ? marked.get(value) : undefined
    if (list === undefined) return []
    marked.delete(value as object)
    return list
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
