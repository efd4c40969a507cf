/** The native addon alone: nothing here may import the TypeScript core, which initialises it as well. */
export { addon } from '#src/binding/addon.js'
