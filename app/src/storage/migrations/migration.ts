/** A step of the schema. One that has been released never changes: add another. */
export interface Migration {
  readonly name: string
  readonly statements: readonly string[]
}
