// Why asterisk-manager is not used: docs/decisions/0002-asterisk-manager.md
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { asterisk, docker, install, observe, seconds, trial, within } from './trial.mjs';

const { AMI_PORT = '5038', AMI_USERNAME = 'mitschnitt', AMI_SECRET = 'ami-secret' } = process.env;
const OUTAGE_MS = 12_000; // longer than its first pause of 10 s
const ANSWER_MS = 5_000; // Asterisk answers within milliseconds
const RETURN_MS = 40_000;

// What a caller could have chosen as a name: the end of one action, and two more.
const HOSTILE = [
  'Mallory',
  '',
  'Action: Setvar',
  'Variable: MITSCHNITT_IF_DOWN',
  'Value: hangup',
  '',
  'Action: Ping',
  'ActionID: injected',
  '',
].join('\r\n');

// The package's callback as a promise; an error response is an answer too.
const ask = (manager, action) =>
  new Promise((resolve) => manager.action(action, (error, response) => resolve(error ?? response)));

async function readBack(manager) {
  return (await ask(manager, { action: 'Getvar', variable: 'MITSCHNITT_IF_DOWN' })).value;
}

async function injection(manager) {
  const responses = [];
  manager.on('response', (response) => responses.push(response));
  const before = await readBack(manager);
  void ask(manager, { action: 'Setvar', variable: 'CALLER_NAME', value: HOSTILE });
  await wait(1_000);
  const ping = responses.find(({ actionid }) => actionid === 'injected')?.ping;
  const after = await readBack(manager);
  observe(
    'a value that contains CR LF',
    'the actions inside it are executed: a Ping is answered, a global variable is set',
    `injected Ping answered '${ping}'; MITSCHNITT_IF_DOWN was '${before}' and is '${after}'`,
    ping === 'Pong' && before !== 'hangup' && after === 'hangup',
  );
  await ask(manager, { action: 'Setvar', variable: 'MITSCHNITT_IF_DOWN', value: before });
}

async function outage(manager, pbx) {
  docker(['kill', pbx.id]);
  await wait(1_000);
  const asked = Date.now();
  const answer = ask(manager, { action: 'Ping' });
  await wait(OUTAGE_MS);
  const authenticated = new Promise((resolve) => {
    manager.on('response', ({ message }) => message === 'Authentication accepted' && resolve(true));
  });
  docker(['start', pbx.id]);
  await pbx.booted();
  const returned = Date.now();
  const back = (await within(RETURN_MS, authenticated)) ? `back ${seconds(returned)}` : 'not back';
  const slow = Date.now() - returned > 5_000;
  const late = await within(ANSWER_MS, answer);
  const waited = seconds(asked);
  const next = (await within(ANSWER_MS, ask(manager, { action: 'Ping' })))?.ping;
  observe(
    'an action sent while it is disconnected',
    'no answer and no error, not even after the connection is back',
    `${late ? 'an answer' : 'neither answer nor error'} within ${waited}; the next action: '${next}'`,
    late === undefined && next === 'Pong',
  );
  observe(
    `an outage of ${OUTAGE_MS / 1000} s`,
    'it is back only many seconds after Asterisk (pauses of 10, 20, ... 60 s)',
    `${back} after Asterisk answered again`,
    slow,
  );
}

await trial(async () => {
  const [{ load }, pbx] = await Promise.all([install('asterisk-manager'), asterisk('127.0.79.')]);
  const Manager = load('asterisk-manager');
  const manager = new Manager(Number(AMI_PORT), pbx.host, AMI_USERNAME, AMI_SECRET, true);
  manager.keepConnected();
  const [login] = await once(manager, 'response');
  if (login.response !== 'Success') throw new Error(`AMI login: ${login.message}`);
  await wait(100); // it notes its login only after the event
  await injection(manager);
  await outage(manager, pbx);
});
