/** `Fiber` of node-fibers 5, on every version of Node.js that green threads run on. */
import './core/startup.ts'
import { Fiber } from './fibers/fiber.ts'

export type { FiberConstructor } from './fibers/fiber.ts'
export { Fiber, Fiber as default }

// Where node-fibers puts it: copies of that package look here first, and use this one then.
Reflect.set(process, 'fiberLib', Fiber)
