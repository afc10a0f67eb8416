// A link between a client and a server that are both on this machine: bytes arrive half a round trip after they were sent.
// connect() is answered here at once, so the first bytes of a connection wait for the round trip that it would have
// taken. A link of any bandwidth, without loss or slow start; with 0 ms it only counts.
//   node link.mjs ROUND_TRIP_MS PORT PORT_FILE     listens on 127.0.0.1, its port goes into PORT_FILE
// On SIGTERM it prints what went through: connections, bytes to the server, bytes from it.
import { renameSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [roundTrip, port] = process.argv.slice(2, 4).map(Number);
const portFile = process.argv[4];
const SOON = 0.5; // ms: timers have whole ones, and are late rather than early
let connections = 0;

function carry(from, to, open, counted) {
  const underway = []; // {due, bytes}; the end has no bytes
  let timer;
  const deliver = () => {
    timer = undefined;
    while (underway.length && underway[0].due <= performance.now() + SOON) {
      const { bytes } = underway.shift();
      if (bytes) to.write(bytes);
      else to.end();
    }
    if (underway.length && !timer) timer = setTimeout(deliver, underway[0].due - performance.now() - SOON);
  };
  const send = (bytes) => {
    underway.push({ due: Math.max(performance.now(), open) + roundTrip / 2, bytes });
    if (!timer) deliver();
  };
  from.on('data', (bytes) => {
    counted.bytes += bytes.length;
    send(bytes);
  });
  from.on('end', () => send(undefined));
  from.on('error', () => to.destroy());
  from.on('close', () => { if (from.errored) to.destroy(); });
}

const up = { bytes: 0 };
const down = { bytes: 0 };
const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  connections++;
  const upstream = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  carry(client, upstream, performance.now() + roundTrip, up);
  carry(upstream, client, 0, down);
});
server.listen(0, '127.0.0.1', () => {
  writeFileSync(`${portFile}.part`, `${server.address().port}\n`);
  renameSync(`${portFile}.part`, portFile); // whole, for a shell that waits for it
});
process.on('SIGTERM', () => {
  console.log(`${connections} ${up.bytes} ${down.bytes}`);
  process.exit(0);
});
