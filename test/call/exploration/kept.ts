/** Stories that went wrong once, in the form in which the random walk prints them, and what went wrong. */
export const keptStories: Readonly<Record<string, string>> = {
  'was cut in two when its channel got another Linkedid on the way to another bridge': `
    301 calls local
    201 picks up 200`,

  'went on in the file of the talk before, because its member had gone over to another call': `
    300 calls 201
    210 calls 300
    201 answers
    300 answers
    300 joins`,

  'was made of two parties who were parked in one lot': `
    201 calls 200
    200 answers
    200 parks
    210 calls 200
    200 answers
    200 parks`,

  'began with a party who had just been replaced': `
    noise 6714
    300 calls A
    A answers after 100 ms
    300 calls 210 after 210 ms
    210 answers after 60 ms
    300 joins`,

  'was cut in two when it was begun by the one and should have been the other one’s': `
    noise 2502
    301 calls 210
    210 hangs up after 1 s
    210 answers
    301 calls group
    200 answers after 1 s
    301 joins`,

  'was cut in two by the timeout of a move that was long over': `
    Verkauf: incoming none, outgoing none, internal opt-out
    noise 9161
    A calls conference
    B calls 210
    210 answers after 1 s
    210 consults local-stays after 1 s
    A hangs up
    201 logs in after 150 ms
    210 hangs up after 5100 ms
    200 answers after 60 ms`,

  'was made although one of two callers, who were connected later, had declined': `
    Verkauf: incoming none, outgoing none, internal opt-out
    210 calls 201
    200 calls 201
    210 presses 1
    201 answers after 6 s
    201 answers
    201 joins`,

  'was made of a party who had not been announced to, because somebody else in the conference might be recorded': `
    Verkauf: incoming opt-out, outgoing none, internal none
    201 calls conference
    301 calls conference
    B calls conference`,

  'did not begin, because the halves of a Local channel were in two calls': `
    210 calls conference
    C calls 201
    201 answers
    201 consults conference`,

  'did not begin after a restart, because the halves of a Local channel were in two calls': `
    210 calls conference
    Mitschnitt loses AMI
    200 calls B
    B answers
    200 consults conference`,

  'did not begin, because a consultation went through a second Local channel': `
    A calls 200
    201 picks up 200
    201 consults local-stays
    200 answers`,

  'was never finished: the announcement belonged to a call whose party had gone over to another one': `
    noise 7
    B calls queue
    300 calls group
    201 hangs up after 150 ms
    200 answers
    200 picks up 300 after 1 s
    300 transfers to queue`,

  'was never finished: what moved between two calls was not kept before the process died': `
    noise 2460
    200 calls conference
    200 calls queue
    201 calls queue after 22100 ms
    300 picks up 200 after 14400 ms
    200 answers after 1 s
    200 consults 201 after 60 ms
    Mitschnitt dies after 150 ms`,

  'was never finished: a call was kept only as long as a member was in it': `
    noise 2075
    B calls 301
    301 answers after 1 s
    301 consults 200 after 550 ms
    Mitschnitt dies after 1 s`,

  'did not begin after a restart: the call was over before its new party was told': `
    noise 5
    300 calls forwarded
    C answers after 1 s
    300 transfers to 201 after 1 s
    A calls 301 after 1 s
    Mitschnitt loses AMI after 1 s
    Mitschnitt reconnects after 1 s
    200 calls A after 7212 ms
    200 calls C
    300 calls 201 after 6 s
    201 answers after 14 s
    Mitschnitt dies
    300 parks
    Mitschnitt starts
    210 retrieves after 60 ms`,

  'was not made: the announcement to a transferred party was broken off as if its caller had hung up': `
    Verkauf: incoming none, outgoing notice, internal none
    300 calls A
    A answers
    300 transfers to 200 after 1 s
    200 answers after 3 s
    A hangs up after 3 s`,

  'was not made: the consultation was handed over during the announcement': `
    Verkauf: incoming none, outgoing opt-out, internal none
    noise 1774
    200 calls 210
    200 picks up 210 after 1 s
    200 consults C
    C answers
    200 hangs up after 2510 ms`,

  'ended when its member logged out of the queue': `
    300 logs in
    A calls 300
    300 answers
    300 logs out after 2 s
    300 consults 301 after 2 s`,

  'was not made: a party had brought the Linkedid of a call that was over to another': `
    noise 1205
    210 calls A
    210 calls 300
    300 answers after 150 ms
    A answers
    210 joins after 400 ms
    300 consults local-stays after 1 s
    200 answers after 1 s`,

  'was announced to a party that no member would talk to': `
    Verkauf: incoming none, outgoing notice, internal none
    200 calls B
    B answers
    200 transfers to C after 1 s
    C answers after 1 s`,

  'was not announced to a party that a member called because somebody had transferred it': `
    Verkauf: incoming none, outgoing notice, internal none
    300 calls 200
    200 answers
    300 transfers to C after 1 s
    C answers after 1 s`,

  'was not made after a consultation, although somebody had asked for it before (without wishes.ts)': `
    Verkauf: incoming none, outgoing none, internal on-demand
    210 calls group
    200 answers
    200 starts recording after 1 s
    200 consults 201 after 1 s
    210 consults group after 35010 ms`,

  'was heard although it was paused before a consultation (without wishes.ts)': `
    200 calls 201
    201 answers
    201 pauses after 611 ms
    200 consults local after 1 s
    200 answers
    200 hangs up after 1 ms`,
};
