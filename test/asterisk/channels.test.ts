import { describe, expect, test } from 'vitest';

import { Channels } from '../../src/asterisk/channels.ts';
import { nasty } from '../nasty.ts';
import { message } from './wire.ts';

type Fields = Readonly<Record<string, string>>;

const caller = {
  Channel: 'PJSIP/trunk-00000001',
  Uniqueid: '1.1',
  Linkedid: '1.1',
  CallerIDNum: '+41791234567',
  Exten: '200',
};
const called = {
  Channel: 'PJSIP/200-00000002',
  Uniqueid: '1.2',
  Linkedid: '1.1',
  CallerIDNum: '<unknown>',
  Exten: 's',
};

function told(channels: Channels, event: string, fields: Fields, at = 1_000) {
  return channels.translate(message({ Event: event, ...fields }), at);
}

function dial(channels: Channels, dialString: string, fields: Fields = {}) {
  const events = told(channels, 'DialBegin', {
    Uniqueid: '1.1',
    DestChannel: 'PJSIP/trunk-00000002',
    DestUniqueid: '1.2',
    DestLinkedid: '1.1',
    DestCallerIDNum: '<unknown>',
    DestExten: 's',
    DialString: dialString,
    ...fields,
  });
  return events.filter(({ type }) => type === 'channel-seen');
}

describe('a new channel', () => {
  test('is told with its facts', () => {
    expect(told(new Channels(), 'Newchannel', caller)).toMatchObject([
      {
        at: 1_000,
        type: 'channel-seen',
        facts: {
          channel: '1.1',
          name: 'PJSIP/trunk-00000001',
          linkedId: '1.1',
          number: '+41791234567',
          dialled: '200',
          bridge: undefined,
        },
      },
    ]);
  });

  test('has no number where Asterisk knows none', () => {
    expect(told(new Channels(), 'Newchannel', called)).toMatchObject([{ facts: { number: '' } }]);
  });

  test('is told once', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', caller);
    expect(told(channels, 'Newchannel', caller)).toEqual([]);
  });

  test.each(nasty.filter((text) => !/[\r\n\0]/.test(text) && text !== '<unknown>'))(
    'has the number %j as it was sent, but for blanks in front',
    (number) => {
      const events = told(new Channels(), 'Newchannel', { ...caller, CallerIDNum: number });
      expect(events).toMatchObject([{ facts: { channel: '1.1', number: number.trimStart() } }]);
    },
  );
});

describe('the name of a caller', () => {
  const nameSent = (name: string) => {
    const [event] = told(new Channels(), 'Newchannel', { ...caller, CallerIDName: name });
    return event?.type === 'channel-seen' ? event.facts.callerName : undefined;
  };

  test('is that which the PBX has', () => {
    expect(nameSent('Müller & Söhne AG')).toBe('Müller & Söhne AG');
  });

  test.each(['', '  ', '<unknown>', '\u0007\u2028', '\u200b \u202e', `\u2066${'\u200b'.repeat(90)}x`])(
    'is none where it is %j',
    (name) => {
      expect(nameSent(name)).toBeUndefined();
    },
  );

  test.each(nasty.filter((text) => !/[\r\n\0]/.test(text)))(
    'is of one line, and no longer than one, where %j was sent',
    (name) => {
      const shown = nameSent(name) ?? '';
      expect(Array.from(shown).length).toBeLessThanOrEqual(80);
      expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    },
  );

  test('has no blank where it was cut', () => {
    expect(nameSent(`${'a'.repeat(79)} b`)).toBe('a'.repeat(79));
  });

  test('stays when a later event has none, and follows the dialplan that gives it another', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', { ...caller, CallerIDName: 'sent' });
    expect(told(channels, 'Newchannel', { ...caller, CallerIDName: '<unknown>' })).toEqual([]);
    const [event] = told(channels, 'BridgeEnter', {
      ...{ ...caller, CallerIDName: 'looked up', BridgeUniqueid: 'b1' },
    });
    expect(event).toMatchObject({ type: 'channel-seen', facts: { callerName: 'looked up' } });
  });
});

describe('a channel that is being called', () => {
  test.each([
    ['123@trunk', '123'],
    ['+41791234567@trunk', '+41791234567'],
    ['trunk/sip:123@host', '123'],
    ['trunk/sip:123@host:5060', '123'],
    ['trunk/sips:+49301234@host', '+49301234'],
    ['sip:123@host', '123'],
    ['*21#@trunk', '*21#'],
  ])('has of the dial string %j the number %j', (dialString, number) => {
    expect(dial(new Channels(), dialString)).toMatchObject([
      { type: 'channel-seen', facts: { channel: '1.2', linkedId: '1.1', number, dialled: '' } },
    ]);
  });

  test.each(['trunk', '200', ''])('has its own caller id when %j names no number', (dialString) => {
    expect(dial(new Channels(), dialString, { DestCallerIDNum: '200' })).toMatchObject([
      { facts: { channel: '1.2', number: '200' } },
    ]);
  });

  test('keeps the number that it had when the dial string has none', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', { ...called, CallerIDNum: '201' });
    dial(channels, 'trunk', { DestChannel: called.Channel });
    expect(told(channels, 'BridgeEnter', { ...called, Linkedid: '1.0', BridgeUniqueid: 'b1' })).toMatchObject(
      [{ type: 'channel-seen', facts: { number: '201' } }, { type: 'bridge-entered' }],
    );
  });

  test('has the dialled number instead of what it had before', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', { ...called, CallerIDNum: '200' });
    expect(dial(channels, '123@trunk', { DestChannel: called.Channel })).toMatchObject([
      { facts: { number: '123' } },
    ]);
  });
});

test('it is told who calls a channel', () => {
  const fields = { Uniqueid: '1.1', DestUniqueid: '1.2', DestLinkedid: '1.1' };
  const dialled = { at: 1_000, type: 'dialled', channel: '1.2', by: '1.1' };
  expect(told(new Channels(), 'DialBegin', fields)).toContainEqual(dialled);
  // Asterisk calls it by itself.
  const types = told(new Channels(), 'DialBegin', { ...fields, Uniqueid: '' }).map(({ type }) => type);
  expect(types).toEqual(['channel-seen']);
});

describe('a channel that enters a bridge', () => {
  test('is told to be there, and keeps the number that was dialled', () => {
    const channels = new Channels();
    const trunk = { ...called, Channel: 'PJSIP/trunk-00000002' };
    told(channels, 'Newchannel', trunk);
    dial(channels, '123@trunk');
    const entered = told(channels, 'BridgeEnter', { ...trunk, CallerIDNum: '999', BridgeUniqueid: 'b1' });
    expect(entered).toMatchObject([{ at: 1_000, type: 'bridge-entered', channel: '1.2', bridge: 'b1' }]);
    const renamed = told(channels, 'BridgeEnter', { ...trunk, Linkedid: '1.0', BridgeUniqueid: 'b1' });
    expect(renamed).toMatchObject([
      { type: 'channel-seen', facts: { number: '123', linkedId: '1.0', bridge: undefined } },
      { type: 'bridge-entered' },
    ]);
  });

  test('is made known first when nothing told of it before', () => {
    const events = told(new Channels(), 'BridgeEnter', { ...caller, BridgeUniqueid: 'b1' });
    expect(events).toMatchObject([
      { type: 'channel-seen', facts: { channel: '1.1', number: '+41791234567', bridge: undefined } },
      { type: 'bridge-entered', channel: '1.1', bridge: 'b1' },
    ]);
  });

  test('keeps what its party dialled at first, wherever in the dialplan it is', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', caller);
    const [seen] = told(channels, 'BridgeEnter', {
      ...caller,
      Exten: 's',
      Linkedid: '1.0',
      BridgeUniqueid: 'b1',
    });
    expect(seen).toMatchObject({ type: 'channel-seen', facts: { dialled: '200', linkedId: '1.0' } });
  });

  test('is told when it leaves', () => {
    expect(told(new Channels(), 'BridgeLeave', { ...caller, BridgeUniqueid: 'b1' })).toMatchObject([
      { at: 1_000, type: 'bridge-left', channel: '1.1' },
    ]);
  });
});

test('a channel in a parking lot is in no bridge: nobody hears anybody there', () => {
  const channels = new Channels();
  told(channels, 'Newchannel', caller);
  const parked = { ...caller, BridgeUniqueid: 'lot', BridgeTechnology: 'holding_bridge' };
  expect(told(channels, 'BridgeEnter', parked)).toEqual([]);
});

describe('the end of a channel', () => {
  test('is told, and what was known is forgotten', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', caller);
    expect(told(channels, 'HangupRequest', caller)).toMatchObject([
      { type: 'hang-up-requested', channel: '1.1' },
    ]);
    expect(channels.knows('1.1')).toBe(true);
    expect(told(channels, 'Hangup', caller)).toMatchObject([
      { at: 1_000, type: 'hung-up', channel: '1.1', observed: true },
    ]);
    expect(channels.knows('1.1')).toBe(false);
    expect(told(channels, 'Newchannel', { ...caller, CallerIDNum: '' })).toMatchObject([
      { type: 'channel-seen', facts: { number: '' } },
    ]);
  });

  test('of a channel that nobody knew is told all the same', () => {
    expect(told(new Channels(), 'Hangup', caller)).toMatchObject([{ type: 'hung-up', channel: '1.1' }]);
  });
});

test('a MixMonitor that was stopped is told of its channel', () => {
  expect(told(new Channels(), 'MixMonitorStop', caller)).toEqual([
    { at: 1_000, type: 'mixmonitor-stopped', channel: '1.1' },
  ]);
});

test.each(['DialEnd', 'Newstate', 'MixMonitorStart', 'FullyBooted', '', 'constructor'])(
  'the event %j means nothing for a call',
  (event) => {
    expect(told(new Channels(), event, caller)).toEqual([]);
  },
);

describe('starting anew from the list of channels', () => {
  const listed = (fields: Fields, bridge: string) =>
    message({ Event: 'CoreShowChannel', ...fields, Application: 'Dial', BridgeId: bridge });

  test('gives all that live now, with their bridges', () => {
    const channels = new Channels();
    expect(channels.reset([listed(caller, 'b1'), listed(called, '')])).toMatchObject([
      { channel: '1.1', name: caller.Channel, number: '+41791234567', dialled: '200', bridge: 'b1' },
      { channel: '1.2', name: called.Channel, number: '', bridge: undefined },
    ]);
    expect(channels.knows('1.2')).toBe(true);
    expect(told(channels, 'Newchannel', caller)).toEqual([]);
  });

  test('knows who is parked: in no bridge', () => {
    const bridge = (id: string, technology: string) =>
      message({ Event: 'BridgeListItem', BridgeUniqueid: id, BridgeTechnology: technology });
    const channels = new Channels();
    const live = channels.reset([listed(caller, 'lot'), listed(called, 'b1')], {
      bridges: [bridge('lot', 'holding_bridge'), bridge('b1', 'simple_bridge')],
    });
    expect(live.map((each) => each.bridge)).toEqual([undefined, 'b1']);
  });

  test('forgets what is gone', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', caller);
    expect(channels.reset([])).toEqual([]);
    expect(channels.knows('1.1')).toBe(false);
  });

  test('keeps of a channel that lives on what the list does not say', () => {
    const channels = new Channels();
    told(channels, 'Newchannel', caller);
    dial(channels, '123@trunk');
    const now = channels.reset([
      listed({ ...caller, Exten: 's' }, 'b1'),
      listed({ ...called, Channel: 'PJSIP/trunk-00000002' }, 'b1'),
    ]);
    expect(now).toMatchObject([
      { channel: '1.1', dialled: '200', bridge: 'b1' },
      { channel: '1.2', number: '123', bridge: 'b1' },
    ]);
  });
});
