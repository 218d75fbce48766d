// An SMSC for `cargo xtask bench`, over the npm module `smpp`: answers each message with an id, and sends a delivery receipt for it.
//
// A bind is answered only once a line of JSON on standard input has told how many messages to expect, so that all of them can wait for
// it. What it sees goes out as lines of JSON, with times of its own clock in milliseconds.
'use strict';
const readline = require('readline');
const { performance } = require('perf_hooks');
const smpp = require('smpp');

// Receipts without an answer at a time: as many as the clients have messages.
const WINDOW = 32;

const state = { expected: 0, binds: [], submits: 0, receipts: 0, out: 0, owed: [] };
const tell = (event, more) => process.stdout.write(JSON.stringify({ event, at: performance.now(), ...more }) + '\n');

// What one turn of the event loop sends leaves in one segment.
function corked(session) {
  if (session.isCorked) return;
  session.isCorked = true;
  session.socket.cork();
  setImmediate(() => {
    session.isCorked = false;
    session.socket.uncork();
  });
}

function bind(session, pdu) {
  session.send(pdu.response({ system_id: 'bench' }));
  tell('bound');
}

function onSubmit(session, pdu) {
  state.submits += 1;
  if (state.submits === 1) tell('first');
  if (state.submits === state.expected) tell('last');
  const id = state.submits.toString(16).toUpperCase().padStart(10, '0');
  corked(session);
  session.send(pdu.response({ message_id: id }));
  if (pdu.registered_delivery !== 1) return;
  state.owed.push({
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2601020304 done date:2601020304 stat:DELIVRD err:000 text:`,
  });
  deliver(session);
}

function deliver(session) {
  while (state.out < WINDOW && state.owed.length > 0) {
    const receipt = state.owed.shift();
    state.out += 1;
    corked(session);
    session.deliver_sm(receipt, (answer) => {
      state.out -= 1;
      if (answer.command_status === 0) {
        state.receipts += 1;
        if (state.receipts === state.expected) tell('receipts', { submits: state.submits });
      } else {
        // Refused for now: once more, behind the others.
        state.owed.push(receipt);
      }
      deliver(session);
    });
  }
}

const server = smpp.createServer({}, (session) => {
  session.socket.setNoDelay(true);
  session.on('error', (error) => tell('lost', { why: String(error) }));
  session.on('close', () => tell('lost', { why: 'the client closed the connection' }));
  session.on('bind_transceiver', (pdu) => (state.expected ? bind(session, pdu) : state.binds.push([session, pdu])));
  session.on('submit_sm', (pdu) => onSubmit(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response()));
});
server.listen(0, '127.0.0.1', () => tell('listening', { port: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  state.expected = JSON.parse(line).expect;
  for (const [session, pdu] of state.binds.splice(0)) bind(session, pdu);
}).on('close', () => process.exit(0));
