/** Exactly the same type, `any` and modifiers included. */
export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Does not compile unless its argument is `true`. */
export type Expect<T extends true> = T
