/** What lets Mitschnitt in, for three files of Asterisk: as README.md explains it. */
export const asteriskLines = `; http.conf
[general]
enabled = yes
bindaddr = 127.0.0.1

; ari.conf
[general]
enabled = yes
[mitschnitt]
type = user
password = SECRET-1

; manager.conf
[general]
enabled = yes
bindaddr = 127.0.0.1
timestampevents = yes
[mitschnitt]
secret = SECRET-2
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = call,user,agent
write = system,call
`;

/** What leads calls through Mitschnitt, for extensions.conf: as dialplan/mitschnitt.conf explains it. */
export const dialplanLines = `#include "mitschnitt.conf"

exten => 200,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/200,30)

exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,60,U(mitschnitt-called))
`;
