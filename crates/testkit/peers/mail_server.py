"""A mail server for the tests, over aiosmtpd. Tells what it takes as lines of JSON; ends when its input does.

The order `answer` has it answer so to all at the steps `mail`, `rcpt` and `data`. The local part of a recipient chooses what becomes of a mail: refused, later, silent (after the mail was handed over), slow (likewise; it takes it after two seconds), cut (likewise), enough (it is taken, and no other on this connection), last (it is taken, and
the connection closed). Each mail is told with the number of its connection, and where the option `tell_leave` is there, who takes leave.
"""
import asyncio
import base64
import itertools
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def read(octets):
    mail = message_from_bytes(octets, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return {
        "headers": {name: str(value) for name, value in mail.items()},
        "text": text and text.get_content(),
        "html": html and html.get_content(),
        "attachments": [
            [part.get_filename(), part.get_content_type(), base64.b64encode(part.get_payload(decode=True)).decode()]
            for part in mail.iter_attachments()
        ],
    }


# What is answered at a step whatever comes there, by the name of the step: as was ordered.
answers_to_all = {}
connections = itertools.count(1)
options = json.loads(sys.argv[1])


class Handler:
    """One of each connection."""

    def __init__(self):
        self.connection = next(connections)
        self.has_enough = False

    async def handle_QUIT(self, server, session, envelope):
        if "tell_leave" in options:
            tell("leave", connection=self.connection)
        return "221 2.0.0 good-bye"

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if "mail" in answers_to_all:
            return answers_to_all["mail"]
        if self.has_enough:
            return "421 4.7.0 too many mails on this connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        answers = {"refused": "550 5.1.1 no such user here", "later": "450 4.2.1 the mailbox is busy"}
        answer = answers_to_all.get("rcpt") or answers.get(address.split("@")[0])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "data" in answers_to_all:
            return answers_to_all["data"]
        tell("mail", sender=envelope.mail_from, recipients=envelope.rcpt_tos, encrypted=server.transport.get_extra_info("ssl_object") is not None,
             user=session.auth_data, connection=self.connection, **read(envelope.content))
        what = envelope.rcpt_tos[0].split("@")[0]
        if what == "silent":
            await asyncio.Event().wait()
        if what == "slow":
            await asyncio.sleep(2)
        if what == "cut":
            server.transport.abort()
        if what == "enough":
            self.has_enough = True
        if what == "last":
            # Once the answer below is written.
            asyncio.get_running_loop().call_soon(server.transport.close)
        if what == "spam":
            return "554 5.7.1 this looks like spam"
        return "250 2.0.0 taken"


async def main():
    context = None
    if "cert" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    implicit = options.get("tls") == "implicit"

    def authenticate(server, session, envelope, mechanism, data):
        good = (data.login.decode(), data.password.decode()) == (options["user"], options["password"])
        return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)

    def session():
        return SMTP(Handler(), hostname="mail.test", tls_context=None if implicit else context, enable_SMTPUTF8=True,
                    require_starttls=options.get("tls") == "starttls", auth_require_tls=not implicit,
                    auth_required="user" in options, authenticator=authenticate if "user" in options else None)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if implicit else None)
    tell("listening", port=server.sockets[0].getsockname()[1])
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        # The only order there is: to answer so from now on.
        assert order.pop("do") == "answer"
        answers_to_all.clear()
        answers_to_all.update(order)
        tell("done")


asyncio.run(main())
