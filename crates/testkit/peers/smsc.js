// An SMSC for the tests, over the npm module `smpp`. Tells what it sees as lines of JSON, and does what lines of JSON ask.
'use strict';
const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const options = JSON.parse(process.argv[2] || '{}');
const state = { submit: 'ok', enquire: true, next: 0x1a2b3c00, held: [], live: null };
const tell = (event, more) => process.stdout.write(JSON.stringify({ event, ...more }) + '\n');
const nextId = () => {
  const id = state.next++;
  return options.ids === 'decimal' ? String(id) : id.toString(16).toUpperCase().padStart(10, '0');
};
const hex = (value) => (Buffer.isBuffer(value) ? value.toString('hex') : undefined);

function text(pdu) {
  const payload = pdu.message_payload;
  const message = pdu.short_message;
  const shown = (value) => (value && typeof value === 'object' && !Buffer.isBuffer(value) ? value.message : value);
  return shown(payload) || shown(message);
}

function udh(pdu) {
  const parts = pdu.short_message && pdu.short_message.udh;
  return parts ? [].concat(parts).map(hex) : undefined;
}

function onSubmit(session, pdu) {
  tell('submit', {
    sequence: pdu.sequence_number, source: pdu.source_addr, source_ton: pdu.source_addr_ton, source_npi: pdu.source_addr_npi,
    destination: pdu.destination_addr, destination_ton: pdu.dest_addr_ton, destination_npi: pdu.dest_addr_npi,
    esm_class: pdu.esm_class, data_coding: pdu.data_coding, registered_delivery: pdu.registered_delivery,
    validity: pdu.validity_period, service_type: pdu.service_type, reference: pdu.user_message_reference,
    text: text(pdu), udh: udh(pdu), payload: pdu.message_payload !== undefined,
  });
  const mode = Array.isArray(state.submit) ? (state.submit.shift() ?? 'ok') : state.submit;
  if (mode === 'hold') {
    state.held.push([session, pdu]);
  } else if (typeof mode === 'number') {
    session.send(pdu.response({ command_status: mode }));
  } else if (mode === 'receipt-first') {
    const id = nextId();
    receipt(session, { source_addr: pdu.destination_addr, text: `id:${id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:` });
    session.send(pdu.response({ message_id: id }));
  } else {
    session.send(pdu.response({ message_id: nextId() }));
  }
}

function receipt(session, ask) {
  const { text, tag, ...fields } = ask;
  const pdu = { esm_class: 4, destination_addr: 'Tally', short_message: text || '', ...fields };
  session.deliver_sm(pdu, (answer) => tell('deliver_resp', { status: answer.command_status, tag }));
}

const tls = options.tls ? { key: fs.readFileSync(options.tls.key), cert: fs.readFileSync(options.tls.cert) } : {};
const server = smpp.createServer(tls, (session) => {
  tell('session');
  session.on('error', (error) => tell('error', { why: String(error) }));
  session.on('close', () => tell('close'));
  session.on('bind_transceiver', (pdu) => {
    tell('bind', { system_id: pdu.system_id, password: pdu.password, version: pdu.interface_version });
    if (options.bind) {
      session.send(pdu.response({ command_status: options.bind }));
    } else {
      state.live = session;
      // One segment on the wire, as from an SMSC that has receipts waiting.
      session.socket.cork();
      session.send(pdu.response({ system_id: 'simulator' }));
      if (options.waiting) receipt(session, { text: options.waiting });
      session.socket.uncork();
    }
  });
  session.on('submit_sm', (pdu) => onSubmit(session, pdu));
  session.on('enquire_link', (pdu) => {
    if (state.enquire) session.send(pdu.response());
    tell('enquire_link');
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    tell('unbind');
    session.close();
  });
});
server.listen(options.port || 0, '127.0.0.1', () => tell('listening', { port: server.address().port }));

const doing = {
  mode: (ask) => Object.assign(state, ask.set),
  answer: () => {
    for (const [session, pdu] of state.held.splice(0)) session.send(pdu.response({ message_id: nextId() }));
  },
  deliver: (ask) => receipt(state.live, ask.pdu),
  raw: (ask) => state.live.socket.write(Buffer.from(ask.hex, 'hex')),
  drop: () => state.live.destroy(),
  enquire: () => state.live.enquire_link({}, (answer) => tell('enquire_link_resp', { status: answer.command_status })),
  unbind: () => state.live.unbind({}, () => {
    tell('unbind_resp');
    state.live.close();
  }),
};
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const ask = JSON.parse(line);
  doing[ask.do](ask);
  tell('done', { what: ask.do });
}).on('close', () => process.exit(0));
