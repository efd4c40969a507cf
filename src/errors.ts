// Every error class, with its code and its message: by where one gets it.
export * from './errors/base.ts'
export * from './errors/greenlets.ts'
export * from './errors/integrations.ts'
export * from './errors/loading.ts'
export * from './errors/primitives.ts'
export * from './errors/suspension.ts'
export * from './errors/testing.ts'
export * from './errors/threads.ts'
