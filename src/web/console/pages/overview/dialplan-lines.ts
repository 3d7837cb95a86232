/** What leads calls through Mitschnitt, for extensions.conf: as dialplan/mitschnitt.conf explains it. */
export const dialplanLines = `#include "mitschnitt.conf"

exten => 200,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/200,30)

exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,60,U(mitschnitt-called))
`;
