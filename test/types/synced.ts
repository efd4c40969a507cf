import { type Synced, synced } from 'greenthreads'
import type { Equal, Expect } from './expect.ts'

interface Row {
  id: number
  at: Date
}

declare class Client {
  readonly isOpen: boolean
  readonly ready: Promise<void>
  readonly users: { find(id: number): Promise<Row>; archive: { count(): Promise<number> } }
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Row[] }>
  connect(): Promise<Client>
  escape(text: string): string
}

type Facade = Synced<Client>

export type MethodsAreUnwrapped = [
  Expect<
    Equal<Parameters<Facade['query']>, [text: string, values?: readonly unknown[] | undefined]>
  >,
  Expect<Equal<ReturnType<Facade['query']>['rows'], Row[]>>,
  Expect<Equal<ReturnType<Facade['escape']>, string>>,
]

export type NestedObjectsAreToo = [
  Expect<Equal<ReturnType<Facade['users']['archive']['count']>, number>>,
  Expect<Equal<ReturnType<Facade['users']['find']>['at'], Date>>,
  Expect<Equal<ReturnType<ReturnType<Facade['connect']>['escape']>, string>>,
]

export type MembersStay = [
  Expect<Equal<Facade['isOpen'], boolean>>,
  Expect<Equal<Facade['ready'], Promise<void>>>,
]

export type PlainValuesStay = [
  Expect<Equal<Synced<Date>, Date>>,
  Expect<Equal<Synced<Row[]>, Row[]>>,
  Expect<Equal<Synced<Uint8Array>, Uint8Array>>,
  Expect<Equal<Synced<Map<string, Promise<1>>>, Map<string, Promise<1>>>>,
  Expect<Equal<Synced<string | undefined>, string | undefined>>,
]

declare const callable: ((a: number) => Promise<Row>) & { twice(a: number): Promise<number> }

export const fromFunction = synced(callable)

export type FunctionsWithMembers = [
  Expect<Equal<ReturnType<typeof fromFunction.twice>, number>>,
  Expect<Equal<ReturnType<typeof fromFunction>['id'], number>>,
]

// @ts-expect-error: only objects have methods.
synced('text')

declare class Overloaded {
  get(key: string): Promise<Row>
  get(key: number): Promise<number>
  get(key: string, callback: (row: Row) => void): void
  now(): Promise<Date>
  now(callback: (date: Date) => void): void
}

const overloaded = synced(new Overloaded())
const byName = overloaded.get('a')
const byNumber = overloaded.get(1)
const now = overloaded.now()

export type OverloadsStay = [
  Expect<Equal<(typeof byName)['id'], number>>,
  Expect<Equal<typeof byNumber, number>>,
  Expect<Equal<typeof now, Date>>,
]

// @ts-expect-error: none of the signatures.
overloaded.get(true)
