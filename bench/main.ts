import { readFileSync, writeFileSync } from 'node:fs'
import { documentFile, withFigures } from './harness/document.ts'
import { optionsHelp } from './harness/suite.ts'

if (process.argv[2] === 'document') {
  writeFileSync(documentFile, withFigures(readFileSync(documentFile, 'utf8')))
} else {
  console.log(`npm run bench:core -- [options] [NAME...]   switches, spawns, waits, memory, pauses
npm run bench:http -- [options] [NAME...]   a server whose handler waits ten calls deep
npm run bench -- document                   puts bench/results into docs/performance.md

${optionsHelp}

Green and its peers take turns, and the ratio is formed within each turn: compare ratios, not absolute
figures of different runs. On a machine with other work to do the middle half of the ratios widens.
docs/performance.md tells how each figure is measured.`)
}
