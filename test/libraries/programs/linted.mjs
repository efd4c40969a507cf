export const allowed = 1
export const forbidden = 2
