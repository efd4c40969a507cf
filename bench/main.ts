import { readFileSync, writeFileSync } from 'node:fs'
import { documentFile, withFigures } from './harness/document.ts'
import { preloadFile, withPreloadFigures } from './harness/preload-figures.ts'
import { readmeFile, withReadmeFigures } from './harness/readme.ts'
import { optionsHelp } from './harness/suite.ts'

if (process.argv[2] === 'document') {
  writeFileSync(documentFile, withFigures(readFileSync(documentFile, 'utf8')))
  writeFileSync(preloadFile, withPreloadFigures(readFileSync(preloadFile, 'utf8')))
  writeFileSync(readmeFile, withReadmeFigures(readFileSync(readmeFile, 'utf8')))
} else {
  console.log(`npm run bench:core -- [options] [NAME...]   switches, spawns, waits, memory, pauses
npm run bench:http -- [options] [NAME...]   a server whose handler waits ten calls deep
npm run bench:app -- [options] [NAME...]    200 users of the service, whose upstream takes 500 ms
npm run bench:sync -- [options] [NAME...]   handing over locks and items, pools, yields and joins
npm run bench:fibers -- [options] [NAME...] Fibers beside fibers 5 on Node.js 14, which it fetches
npm run bench:preload -- [options] [NAME...] a plain async server with the preload and without it
npm run bench -- document                   puts bench/results into the documents and the README
npm run bench:peers -- [options] [NAME...]  beside async/await, fibers 5, synckit, deasync, p-limit, Effect, effection
npm run bench:gc -- [options] [NAME...]     pauses of the collector beside suspended threads, young generations
npm run bench:check -- [SUITE...]          fails when a committed ratio has become 20 % worse
npm run bench:soak -- [--seconds N]          mixed load for half an hour: everything has to stay flat
npm run bench:load -- [options] [MODE...]   the table of the README: users until denial of service, three modes

${optionsHelp}

Green and its peers take turns, and the ratio is formed within each turn: compare ratios, not absolute
figures of different runs. On a machine with other work to do the middle half of the ratios widens.
docs/performance.md tells how each figure is measured.`)
}
