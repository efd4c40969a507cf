import { load } from './shared.cjs'

const loaded = load('integrations/http.js')

export const { Admission, greenHandler } = loaded
