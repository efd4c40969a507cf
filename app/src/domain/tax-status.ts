/** Whether the tax authority taxes the person as self-employed. */
export type Standing = 'self-employed' | 'not-self-employed'

export interface TaxStatus {
  readonly standing: Standing
  /** When the tax authority said so. */
  readonly checkedAt: Date
}
