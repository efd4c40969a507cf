/** The part of WebAssembly that the tests use; the types of Node don't declare it. */
export interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

export interface Exports {
  run: () => number
  memory: Memory
}

export interface Table {
  get(index: number): () => number
  set(index: number, value: () => number): void
}

interface Api {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Exports }
  Table: new (options: object) => Table
  promising?: (run: () => number) => () => Promise<number>
  Suspending?: new (fn: () => unknown) => object
}

const api = (globalThis as unknown as { WebAssembly?: Api }).WebAssembly

/** Undefined where it can be used: `node --jitless` has none. */
export const missing: string | undefined = api === undefined ? 'there is no WebAssembly' : undefined
export const wasm: Api = api as Api

/** `run` calls the imported function twice and returns the sum. */
export const twice: object = assemble(
  // (module (import "m" "f" (func (result i32))) (func (export "run") (result i32) call 0 call 0 i32.add))
  [1, 5, 1, 0x60, 0, 1, 0x7f],
  [2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0],
  [3, 2, 1, 0],
  [7, 7, 1, 3, 0x72, 0x75, 0x6e, 0, 1],
  [10, 9, 1, 7, 0, 0x10, 0, 0x10, 0, 0x6a, 0x0b],
)

/** The start function calls the imported function. */
export const starting: object = assemble(
  // (module (import "m" "f" (func)) (func call 0) (start 1))
  [1, 4, 1, 0x60, 0, 0],
  [2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0],
  [3, 2, 1, 0],
  [8, 1, 1],
  [10, 6, 1, 4, 0, 0x10, 0, 0x0b],
)

/** `run` stores what the imported function returns in memory and loads it again. */
export const storing: object = assemble(
  // (func (export "run") (result i32) i32.const 0 call 0 i32.store i32.const 0 i32.load)
  [1, 5, 1, 0x60, 0, 1, 0x7f],
  [2, 7, 1, 1, 0x6d, 1, 0x66, 0, 0],
  [3, 2, 1, 0],
  [5, 3, 1, 0, 1],
  [7, 16, 2, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0, 3, 0x72, 0x75, 0x6e, 0, 1],
  [10, 16, 1, 14, 0, 0x41, 0, 0x10, 0, 0x36, 2, 0, 0x41, 0, 0x28, 2, 0, 0x0b],
)

/** `run` calls itself for ever. */
export const recursive: object = assemble(
  // (module (func (export "run") (result i32) call 0))
  [1, 5, 1, 0x60, 0, 1, 0x7f],
  [3, 2, 1, 0],
  [7, 7, 1, 3, 0x72, 0x75, 0x6e, 0, 0],
  [10, 6, 1, 4, 0, 0x10, 0, 0x0b],
)

export function instantiate(module: object, imported: unknown): Exports {
  return new wasm.Instance(module, { m: { f: imported } }).exports
}

function assemble(...sections: number[][]): object {
  if (api === undefined) return {}
  return new api.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]))
}
