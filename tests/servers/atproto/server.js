// A Bluesky of the tests' own, as its developers run it: a directory of identities (PLC), a data server (PDS, with its
// OAuth sign-in) and an AppView. Started by ../atproto.py with {controlPort, plcPort, pdsPort, appviewPort} as JSON, and
// with DB_POSTGRES_URL, DB_POSTGRES_SCHEMA and REDIS_HOST in the environment.
//
// One request serves the tests:   POST /caught-up   answers once the AppView has seen all that the PDS knows.
import { createServer } from 'node:http';
import { TestNetwork } from '@atproto/dev-env';

const { controlPort, plcPort, pdsPort, appviewPort } = JSON.parse(process.argv[2]);

const network = await TestNetwork.create({
  plc: { port: plcPort },
  pds: { port: pdsPort },
  // As the public AppView: `indexedAt` is when a post was seen, not the earlier of that and what its author's program says.
  bsky: { port: appviewPort, indexedAtEpoch: new Date(0) },
});

createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/caught-up') {
    response.writeHead(404).end();
    return;
  }
  try {
    await network.processAll();
    response.writeHead(204).end();
  } catch (problem) {
    response.writeHead(500).end(String(problem));
  }
}).listen(controlPort, '127.0.0.1', () => console.log('ready'));

const stop = async () => {
  await network.close().catch(() => {});
  process.exit(0);
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
