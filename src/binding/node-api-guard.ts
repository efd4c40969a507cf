import { addon } from './addon.ts'

/**
 * Node counts the handle scopes that a Node-API addon holds open, and aborts when they are not closed in
 * order. From the moment another addon is loaded, each suspension looks for its frames; before, it need not.
 */
export function guardNodeApi(): void {
  const { dlopen } = process
  process.dlopen = function (...args) {
    addon.expectNodeApi()
    return Reflect.apply(dlopen, this, args)
  }
}
